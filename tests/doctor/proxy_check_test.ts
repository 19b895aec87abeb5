import { assertEquals } from "@std/assert";
import type { CheckState } from "../../src/doctor/check.ts";
import type { Variable } from "../../src/doctor/facts.ts";
import { checkProxy } from "../../src/doctor/proxy_check.ts";
import { hiddenVariable, variable } from "../support/sample_facts.ts";

const LOCAL = "https://127.0.0.1:7801";
const HTTPS = variable("HTTPS_PROXY", "http://proxy:3128");

type Row = readonly [
  what: string,
  serverUrl: string,
  variables: readonly Variable[],
  state: CheckState,
];

const ROWS: readonly Row[] = [
  ["no proxy", LOCAL, [variable("HTTPS_PROXY"), variable("NO_PROXY")], "ok"],
  ["a proxy", LOCAL, [HTTPS, variable("NO_PROXY")], "warning"],
  ["a proxy in small letters", LOCAL, [variable("https_proxy", "http://proxy:1")], "warning"],
  ["a proxy for everything", LOCAL, [variable("ALL_PROXY", "socks5://proxy")], "warning"],
  ["a proxy for http only", LOCAL, [variable("HTTP_PROXY", "http://proxy:1")], "ok"],
  ["a server in plain HTTP", "http://localhost:7801", [variable("HTTP_PROXY", "http://p")], "ok"],
  ["a server in plain HTTP", "http://[::1]:7801", [hiddenVariable("ALL_PROXY")], "ok"],
  ["an exception", LOCAL, [HTTPS, variable("NO_PROXY", "a.example, 127.0.0.1")], "ok"],
  ["an exception in small letters", LOCAL, [HTTPS, variable("no_proxy", "127.0.0.1")], "ok"],
  ["an exception for the network", LOCAL, [HTTPS, variable("NO_PROXY", "127.0.0.0/8")], "ok"],
  ["an exception for another name", LOCAL, [HTTPS, variable("NO_PROXY", "localhost")], "warning"],
  ["an exception with a port", LOCAL, [HTTPS, variable("NO_PROXY", "127.0.0.1:7801")], "warning"],
  ["an exception for everything", LOCAL, [HTTPS, variable("NO_PROXY", "*")], "warning"],
  ["an exception by name", "https://LOCALHOST:1", [HTTPS, variable("NO_PROXY", "LocalHost")], "ok"],
  ["an exception for IPv6", "https://[::1]:1", [HTTPS, variable("NO_PROXY", "::1")], "ok"],
  ["hidden variables", LOCAL, [hiddenVariable("HTTPS_PROXY"), variable("NO_PROXY")], "not_checked"],
  ["a hidden exception", LOCAL, [HTTPS, hiddenVariable("NO_PROXY")], "not_checked"],
  [
    "an exception from hidden proxies",
    LOCAL,
    [hiddenVariable("HTTPS_PROXY"), variable("NO_PROXY", "127.0.0.1")],
    "ok",
  ],
  ["a proxy beside a hidden one", LOCAL, [HTTPS, hiddenVariable("ALL_PROXY")], "warning"],
  ["a server elsewhere", "https://gpu-box:7801", [hiddenVariable("HTTPS_PROXY"), HTTPS], "ok"],
];

for (const [what, serverUrl, variables, state] of ROWS) {
  Deno.test(`checkProxy() takes ${what} as ${state}`, () => {
    assertEquals(checkProxy({ serverUrl, reach: "online" }, variables).state, state);
  });
}

Deno.test("checkProxy() names the variable and what to set", () => {
  const { found, advice } = checkProxy({ serverUrl: LOCAL, reach: "online" }, [HTTPS]);
  assertEquals([found, advice], [
    "HTTPS_PROXY is set, so the server on this machine is asked through that proxy, which hides " +
    "that we are on it too",
    "set NO_PROXY=127.0.0.1",
  ]);
});

Deno.test("checkProxy() mentions hidden variables only if the server does not answer", () => {
  const hidden = [hiddenVariable("HTTPS_PROXY"), hiddenVariable("NO_PROXY")];
  const advice = (["online", "offline", "refused"] as const).map((reach) =>
    checkProxy({ serverUrl: LOCAL, reach }, hidden).advice
  );
  const set = "to be sure that none does, set NO_PROXY=127.0.0.1";
  assertEquals(advice, [null, set, set]);
});
