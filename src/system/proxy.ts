/**
 * Which proxy Deno takes for an address, as far as its variables may be read. Deno heeds them whether
 * we may read them or not. Loaded only to explain a failure, and by `doctor`.
 *
 * Measured with Deno 2.9.6: `ALL_PROXY` comes before `HTTP_PROXY` (for `http:`) and `HTTPS_PROXY` (for
 * `https:`), capitals before small letters, an empty variable is none; `NO_PROXY` lists names with all
 * below them, addresses and networks, without ports, and `*` for every name.
 */
import { mayReadEnv, readEnv } from "./permissions.ts";

/** A proxy in use. `unread`: whether there is one is not known, for these variables may not be read. */
export type ProxyInUse =
  | { readonly kind: "set"; readonly variable: string; readonly address: string }
  | { readonly kind: "unread"; readonly variables: readonly string[] };

/**
 * The proxy for an address; `null` if there is none. `address` is shown: it holds no name or password.
 */
export function proxyFor(address: string): ProxyInUse | null {
  const { protocol, hostname } = new URL(address);
  const names = ["ALL_PROXY", protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY"];
  const unread = [...names, "NO_PROXY"].filter((name) => !mayReadEnv(name));
  if (isExcepted(hostname, read("NO_PROXY")?.value ?? "")) return null;
  const found = names.map(read).find((each) => each !== null) ?? null;
  if (found !== null) return { kind: "set", variable: found.name, address: shown(found.value) };
  return unread.length === 0 ? null : { kind: "unread", variables: unread };
}

function read(name: string): { readonly name: string; readonly value: string } | null {
  for (const spelling of [name, name.toLowerCase()]) {
    const value = readEnv(spelling);
    if (value) return { name: spelling, value };
  }
  return null;
}

function isExcepted(hostname: string, list: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const isName = !/^[\d.]+$|:/.test(host);
  return list.split(",").map((entry) => entry.trim().toLowerCase()).some((entry) => {
    if (entry === "") return false;
    if (isName && entry === "*") return true;
    const name = entry.replace(/^\./, "");
    return host === name || (isName && host.endsWith(`.${name}`));
  });
}

function shown(value: string): string {
  const url = URL.parse(value.includes("://") ? value : `http://${value}`);
  return url === null || url.host === "" ? "…" : `${url.protocol}//${url.host}`;
}
