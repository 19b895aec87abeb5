import { assertEquals } from "@std/assert";
import { isLoopback, isSameServerUrl } from "../../../src/generation/server/server_url.ts";

const ROWS: readonly [string, string, boolean][] = [
  ["http://127.0.0.1:7801", "http://127.0.0.1:7801", true],
  ["http://127.0.0.1:7801", "http://localhost:7801", true],
  ["http://127.0.0.1:7801", "http://[::1]:7801", true],
  ["http://localhost:7801", "http://LOCALHOST:7801/", true],
  ["http://localhost", "http://localhost:80", true],
  ["https://gpu.example", "https://gpu.example:443/", true],
  ["https://gpu.example/swarm", "https://gpu.example/swarm/", true],
  ["http://user:word@gpu.example:7801", "http://gpu.example:7801", true],
  ["http://127.0.0.1:7801", "http://127.0.0.1:7802", false],
  ["http://gpu.example:7801", "https://gpu.example:7801", false],
  ["http://gpu.example:7801", "http://127.0.0.1:7801", false],
  ["https://gpu.example/swarm", "https://gpu.example/other", false],
  ["https://gpu.example/swarm", "https://gpu.example", false],
  ["http://127.0.0.2:7801", "http://127.0.0.1:7801", false],
  ["http://localhost.evil.example:7801", "http://localhost:7801", false],
  ["not a URL", "not a URL", true],
  ["not a URL", "http://localhost", false],
  ["", "http://localhost", false],
];

for (const [one, other, same] of ROWS) {
  Deno.test(`isSameServerUrl() says ${same} of "${one}" and "${other}"`, () => {
    assertEquals(isSameServerUrl(one, other), same);
    assertEquals(isSameServerUrl(other, one), same);
  });
}

Deno.test("isLoopback() recognises addresses of this machine", () => {
  const urls = [
    "http://localhost",
    "https://127.0.0.1:7801",
    "http://127.9.9.9",
    "http://[::1]:1",
    "http://10.0.0.1",
    "http://127.example",
  ];
  assertEquals(urls.map(isLoopback), [true, true, true, true, false, false]);
});
