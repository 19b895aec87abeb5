import { assertEquals } from "@std/assert";
import { adviseConnection } from "../../../src/swarm/http/connection_advice.ts";
import type { ConnectionFacts } from "../../../src/swarm/http/connection_advice.ts";
import { failure } from "../../../src/swarm/wire/failure.ts";

const PLAIN: ConnectionFacts = {
  serverUrl: "http://swarm.test:7801",
  proxy: null,
  hasAnswered: false,
};
const TLS: ConnectionFacts = { ...PLAIN, serverUrl: "https://swarm.test:7801/a" };
const SOCKS: ConnectionFacts = {
  ...PLAIN,
  proxy: {
    kind: "set",
    variable: "ALL_PROXY",
    address: "socks5h://127.0.0.1:1080",
    isCertain: true,
  },
};
const UNREAD: ConnectionFacts = {
  ...PLAIN,
  proxy: { kind: "unread", variables: ["ALL_PROXY", "HTTP_PROXY", "NO_PROXY"] },
};
const WITHOUT = "is it running? Unset ALL_PROXY, or set NO_PROXY=swarm.test, to ask without it";

const rows: readonly (readonly [string, ConnectionFacts, string])[] = [
  ["Connection refused", PLAIN, "Connection refused"],
  [
    "Connection refused",
    UNREAD,
    "Connection refused (start SwarmUI, or give its address with --api-url; if ALL_PROXY or " +
    "HTTP_PROXY names a proxy, it must run too)",
  ],
  [
    "Connection refused",
    SOCKS,
    `no answer through the proxy ALL_PROXY=socks5h://127.0.0.1:1080: Connection refused (${WITHOUT})`,
  ],
  [
    "the proxy does not answer",
    SOCKS,
    `the proxy ALL_PROXY=socks5h://127.0.0.1:1080 does not answer (${WITHOUT})`,
  ],
  [
    "the proxy requires a login",
    SOCKS,
    "the proxy ALL_PROXY=socks5h://127.0.0.1:1080 requires a login (write NAME:PASSWORD@ before its host)",
  ],
  [
    "the answer cannot be read: it is not HTTP",
    PLAIN,
    "the answer cannot be read: it is not HTTP (if the port speaks TLS, try --api-url https://swarm.test:7801)",
  ],
  ["the answer cannot be read: it is not HTTP", SOCKS, "the answer cannot be read: it is not HTTP"],
  [
    "DNS does not know this name",
    PLAIN,
    "DNS does not know this name (is the name in --api-url right?)",
  ],
  ["the answer broke off", SOCKS, "the answer broke off"],
  ["it does not speak TLS", TLS, "it does not speak TLS (try --api-url http://swarm.test:7801/a)"],
  [
    "the connection ended before TLS began",
    TLS,
    "the connection ended before TLS began (try --api-url http://swarm.test:7801/a)",
  ],
  ["it is right (do this)", SOCKS, "it is right (do this)"],
];

for (const [message, facts, said] of rows) {
  const { serverUrl, proxy } = facts;
  Deno.test(`adviseConnection() says what to do about ${message} at ${serverUrl}, proxy ${proxy?.kind}`, () => {
    assertEquals(adviseConnection(failure("unreachable", message), facts).message, said);
  });
}

Deno.test("adviseConnection() suggests http: where a TLS port stays silent, unless it has answered", () => {
  const late = failure("timeout", "no complete answer in time");
  assertEquals(
    adviseConnection(late, TLS).message,
    "no complete answer in time (a port without TLS stays silent: try --api-url " +
      "http://swarm.test:7801/a; or it is busy: --request-timeout allows more time)",
  );
  assertEquals(adviseConnection(late, { ...TLS, hasAnswered: true }), late);
  assertEquals(adviseConnection(late, PLAIN), late);
});

Deno.test("adviseConnection() names the proxy that Deno may not connect to, and both grants", () => {
  const denied = failure("permission", "Deno does not allow connecting to 127.0.0.1:1080", {
    needs: "--allow-net=127.0.0.1:1080",
  });
  const needs = "--allow-net=swarm.test:7801,127.0.0.1:1080";
  assertEquals(
    adviseConnection(denied, SOCKS),
    failure(
      "permission",
      "Deno does not allow connecting to the proxy ALL_PROXY=socks5h://127.0.0.1:1080",
      { needs },
    ),
  );
  assertEquals(
    adviseConnection(denied, UNREAD).message,
    "Deno does not allow connecting to the proxy at 127.0.0.1:1080, which ALL_PROXY or HTTP_PROXY " +
      "names",
  );
  const own = failure("permission", "no", { needs: "--allow-net=swarm.test:7801" });
  assertEquals(adviseConnection(own, SOCKS), own);
});
