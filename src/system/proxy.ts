/** The proxy that Deno takes for an address, from the variables of this process. */
import { chooseProxy } from "../generation/proxy_choice.ts";
import type { ProxyInUse } from "../generation/proxy_choice.ts";
import { mayReadEnv, readEnv } from "./permissions.ts";

/** The proxy for an address; `null` if there is none. Reads what may be read, and never prompts. */
export function proxyFor(address: string): ProxyInUse | null {
  return chooseProxy(address, (name) => ({
    name,
    mayRead: mayReadEnv(name),
    value: readEnv(name) ?? null,
  }));
}
