import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/errors.ts";
import {
  isLoopback,
  isSameServerUrl,
  netHost,
  normaliseBaseUrl,
} from "../../../src/generation/server/server_url.ts";

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

Deno.test("normaliseBaseUrl() brings an address into its one spelling", () => {
  for (
    const [text, expected] of [
      ["http://127.0.0.1:7801", "http://127.0.0.1:7801"],
      ["http://127.0.0.1:7801/", "http://127.0.0.1:7801"],
      ["  HTTP://LocalHost:7801///\n", "http://localhost:7801"],
      ["http://h:80/", "http://h"],
      ["https://h:443/swarm/", "https://h/swarm"],
      ["https://h/a/../b/?x=1#y", "https://h/b"],
      ["http://[0:0::1]:7801", "http://[::1]:7801"],
    ] as const
  ) {
    assertEquals(normaliseBaseUrl(text), expected, text);
  }
});

Deno.test("normaliseBaseUrl() refuses what is no http or https address", () => {
  for (
    const text of ["", "localhost:7801", "127.0.0.1", "ftp://h", "http:h", "http://", "ws://h:1"]
  ) {
    assertThrows(() => normaliseBaseUrl(text), UsageError, "http://127.0.0.1:7801", text);
  }
});

Deno.test("normaliseBaseUrl() refuses user info and never repeats it", () => {
  for (const text of ["http://me:hush@h:1", "http://hush@h", "http://a:hush@ho st", "a:hush@h"]) {
    const error = assertThrows(() => normaliseBaseUrl(text), UsageError);
    assert(!error.message.includes("hush"), error.message);
  }
});

Deno.test("netHost() is what --allow-net wants", () => {
  assertEquals(netHost("http://h"), "h:80");
  assertEquals(netHost("https://h/swarm"), "h:443");
  assertEquals(netHost("http://[::1]:7801"), "[::1]:7801");
});
