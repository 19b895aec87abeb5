/** The proxy that Deno uses for an address, by the variables of this process. */
import { chooseProxy } from "../generation/server/proxy_choice.ts";
import type { ProxyInUse } from "../generation/server/proxy_choice.ts";
import { mayReadEnv, readEnv } from "./permissions.ts";

/** The proxy for an address; `null` if there is none. Reads only what it may, and never prompts. */
export function proxyFor(address: string): ProxyInUse | null {
  return chooseProxy(address, (name) => ({
    name,
    mayRead: mayReadEnv(name),
    value: readEnv(name) ?? null,
  }));
}
