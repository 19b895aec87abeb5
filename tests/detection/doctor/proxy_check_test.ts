import { assertEquals } from "@std/assert";
import type { CheckState } from "../../../src/detection/doctor/check.ts";
import type { Variable } from "../../../src/detection/doctor/facts.ts";
import { checkProxy, isLoopback } from "../../../src/detection/doctor/proxy_check.ts";
import { hiddenVariable, variable } from "../../support/sample_facts.ts";

const LOCAL = "http://127.0.0.1:7801";
const HTTP = variable("HTTP_PROXY", "http://proxy:3128");

type Row = readonly [
  what: string,
  serverUrl: string,
  variables: readonly Variable[],
  state: CheckState,
];

const ROWS: readonly Row[] = [
  ["no proxy", LOCAL, [variable("HTTP_PROXY"), variable("NO_PROXY")], "ok"],
  ["a proxy", LOCAL, [HTTP, variable("NO_PROXY")], "warning"],
  ["a proxy in small letters", LOCAL, [variable("http_proxy", "http://proxy:1")], "warning"],
  ["a proxy for everything", LOCAL, [variable("ALL_PROXY", "socks5://proxy")], "warning"],
  ["a proxy for https only", LOCAL, [variable("HTTPS_PROXY", "http://proxy:1")], "ok"],
  ["an https server", "https://localhost", [variable("HTTPS_PROXY", "http://p")], "warning"],
  ["an exception", LOCAL, [HTTP, variable("NO_PROXY", "a.example, 127.0.0.1")], "ok"],
  ["an exception in small letters", LOCAL, [HTTP, variable("no_proxy", "127.0.0.1")], "ok"],
  ["an exception for the network", LOCAL, [HTTP, variable("NO_PROXY", "127.0.0.0/8")], "ok"],
  ["an exception for another name", LOCAL, [HTTP, variable("NO_PROXY", "localhost")], "warning"],
  ["an exception with a port", LOCAL, [HTTP, variable("NO_PROXY", "127.0.0.1:7801")], "warning"],
  ["an exception for everything", LOCAL, [HTTP, variable("NO_PROXY", "*")], "warning"],
  ["an exception by name", "http://LOCALHOST:1", [HTTP, variable("NO_PROXY", "LocalHost")], "ok"],
  ["an exception for IPv6", "http://[::1]:1", [HTTP, variable("NO_PROXY", "::1")], "ok"],
  ["hidden variables", LOCAL, [hiddenVariable("HTTP_PROXY"), variable("NO_PROXY")], "not_checked"],
  ["a hidden exception", LOCAL, [HTTP, hiddenVariable("NO_PROXY")], "not_checked"],
  [
    "an exception from hidden proxies",
    LOCAL,
    [hiddenVariable("HTTP_PROXY"), variable("NO_PROXY", "127.0.0.1")],
    "ok",
  ],
  ["a proxy beside a hidden one", LOCAL, [HTTP, hiddenVariable("ALL_PROXY")], "warning"],
  ["a server elsewhere", "http://gpu-box:7801", [hiddenVariable("HTTP_PROXY"), HTTP], "ok"],
];

for (const [what, serverUrl, variables, state] of ROWS) {
  Deno.test(`checkProxy() takes ${what} as ${state}`, () => {
    assertEquals(checkProxy({ serverUrl, reach: "online" }, variables).state, state);
  });
}

Deno.test("checkProxy() names the variable and what to set", () => {
  const { found, advice } = checkProxy({ serverUrl: LOCAL, reach: "online" }, [HTTP]);
  assertEquals([found, advice], [
    "HTTP_PROXY is set, so the server on this machine is asked through that proxy, which hides " +
    "that we are on it too",
    "set NO_PROXY=127.0.0.1",
  ]);
});

Deno.test("checkProxy() advises of what it could not see only where the server does not answer", () => {
  const hidden = [hiddenVariable("HTTP_PROXY"), hiddenVariable("NO_PROXY")];
  const advice = (["online", "offline", "refused"] as const).map((reach) =>
    checkProxy({ serverUrl: LOCAL, reach }, hidden).advice
  );
  const set = "to be sure that none does, set NO_PROXY=127.0.0.1";
  assertEquals(advice, [null, set, set]);
});

Deno.test("isLoopback() tells addresses of this machine", () => {
  const urls = ["http://localhost", LOCAL, "http://127.9.9.9", "http://[::1]:1", "http://10.0.0.1"];
  assertEquals(urls.map(isLoopback), [true, true, true, true, false]);
});
