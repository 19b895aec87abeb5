import { assertEquals } from "@std/assert";
import { chooseProxy } from "../../../src/generation/server/proxy_choice.ts";
import type { ProxyInUse } from "../../../src/generation/server/proxy_choice.ts";

const P = "http://proxy:3128";
const NAME = "https://gpu.lan:7801";
const LOCAL = "https://127.0.0.1:7801";
const BY_ALL: ProxyInUse = { kind: "set", variable: "ALL_PROXY", address: P, isCertain: true };

/** Measured with Deno 2.9.6. A variable that is `null` may not be read. */
const ROWS: readonly (readonly [
  address: string,
  variables: Readonly<Record<string, string | null>>,
  proxy: ProxyInUse | null,
])[] = [
  [NAME, {}, null],
  [NAME, { ALL_PROXY: P }, BY_ALL],
  [NAME, { ALL_PROXY: P, HTTPS_PROXY: "http://other" }, BY_ALL],
  [NAME, { ALL_PROXY: "", all_proxy: P }, { ...BY_ALL, variable: "all_proxy" }],
  [NAME, { ALL_PROXY: "", HTTPS_PROXY: P }, { ...BY_ALL, variable: "HTTPS_PROXY" }],
  [NAME, { HTTP_PROXY: P }, null],
  ["http://gpu.lan:7801", { HTTP_PROXY: P }, { ...BY_ALL, variable: "HTTP_PROXY" }],
  ["http://gpu.lan:7801", { HTTPS_PROXY: P }, null],
  [NAME, { ALL_PROXY: "socks5h://me:hunter2@proxy:1080" }, {
    ...BY_ALL,
    address: "socks5h://proxy:1080",
  }],
  [NAME, { ALL_PROXY: "proxy:3128" }, BY_ALL],
  [NAME, { ALL_PROXY: P, NO_PROXY: "*" }, null],
  [LOCAL, { ALL_PROXY: P, NO_PROXY: "*" }, BY_ALL],
  [LOCAL, { ALL_PROXY: P, NO_PROXY: "10.0.0.0/8, 127.0.0.0/8" }, null],
  [LOCAL, { ALL_PROXY: P, NO_PROXY: "10.0.0.0/8" }, BY_ALL],
  [LOCAL, { ALL_PROXY: P, NO_PROXY: "127.0.0.1:7801" }, BY_ALL],
  ["https://[::1]:7801", { ALL_PROXY: P, NO_PROXY: "::1/128" }, null],
  ["https://a.gpu.lan", { ALL_PROXY: P, NO_PROXY: "GPU.lan" }, null],
  [NAME, { ALL_PROXY: P, NO_PROXY: ".gpu.lan" }, null],
  ["https://mygpu.lan", { ALL_PROXY: P, NO_PROXY: "gpu.lan" }, BY_ALL],
  [LOCAL, { ALL_PROXY: P, no_proxy: "127.0.0.1" }, null],
  [LOCAL, { ALL_PROXY: P, NO_PROXY: "", no_proxy: "127.0.0.1" }, BY_ALL],
  [NAME, { ALL_PROXY: P, NO_PROXY: null }, { ...BY_ALL, isCertain: false }],
  [NAME, { ALL_PROXY: null, HTTPS_PROXY: null }, {
    kind: "unread",
    variables: ["ALL_PROXY", "HTTPS_PROXY"],
  }],
  [NAME, { ALL_PROXY: null, NO_PROXY: "gpu.lan" }, null],
  [NAME, { NO_PROXY: null }, null],
];

for (const [address, variables, proxy] of ROWS) {
  Deno.test(`chooseProxy() of ${address} with ${JSON.stringify(variables)}`, () => {
    const found = chooseProxy(address, (name) => {
      const value = variables[name];
      return { name, mayRead: value !== null, value: value ?? null };
    });
    assertEquals(found, proxy);
  });
}
