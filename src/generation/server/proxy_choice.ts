/**
 * Finds the proxy that Deno uses for an address, as far as its variables may be read. Deno obeys
 * them whether this program may read them or not. Loaded only to explain a failure, and by
 * `doctor`. Pure.
 *
 * Measured with Deno 2.9.6: `ALL_PROXY` comes before `HTTP_PROXY` (for `http:`) and `HTTPS_PROXY`
 * (for `https:`), upper case before lower case. An empty variable names no proxy, but an empty
 * `NO_PROXY` hides a `no_proxy`. `NO_PROXY` lists names (with all names below them), addresses and
 * networks, without ports, and `*` for every name (not for addresses).
 */

/** A variable, as far as it may be read. */
export interface ProxyVariable {
  readonly name: string;
  readonly mayRead: boolean;
  /** `null`: not set, or must not be read. */
  readonly value: string | null;
}

/**
 * A proxy in use. `unread`: it is not known whether there is one, because `variables` must not be
 * read. `isCertain` is false if `NO_PROXY` must not be read, which could exclude the address.
 */
export type ProxyInUse =
  | {
    readonly kind: "set";
    readonly variable: string;
    /** Without name and password, so that it can be shown. */
    readonly address: string;
    readonly isCertain: boolean;
  }
  | { readonly kind: "unread"; readonly variables: readonly string[] };

/**
 * The names of the variables for an address, in upper case. Deno also reads those in lower case.
 */
function proxyNames(address: string): readonly string[] {
  return [
    "ALL_PROXY",
    new URL(address).protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY",
    "NO_PROXY",
  ];
}

/**
 * The proxy for an address; `null` if there is none.
 *
 * @param read Reads one variable, under exactly this name.
 */
export function chooseProxy(
  address: string,
  read: (name: string) => ProxyVariable,
): ProxyInUse | null {
  const names = proxyNames(address);
  const found = names.map((name) => [name, name.toLowerCase()].map(read));
  const unread = names.filter((_, index) => found[index]?.some(({ mayRead }) => !mayRead));
  const except = found[2]?.find(({ value }) => value !== null)?.value ?? "";
  if (isExcepted(new URL(address).hostname, except)) return null;
  const set = found.slice(0, 2).flat().find(({ value }) => value);
  if (set?.value) {
    const isCertain = !unread.includes("NO_PROXY");
    return { kind: "set", variable: set.name, address: shown(set.value), isCertain };
  }
  return unread.some((name) => name !== "NO_PROXY") ? { kind: "unread", variables: unread } : null;
}

function isExcepted(hostname: string, list: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const isName = !/^[\d.]+$|:/.test(host);
  return list.split(",").map((entry) => entry.trim().toLowerCase()).some((entry) => {
    if (entry === "") return false;
    if (!isName) return host === entry || `${host}/128` === entry || isInNetwork(host, entry);
    const name = entry.replace(/^\./, "");
    return entry === "*" || host === name || host.endsWith(`.${name}`);
  });
}

/** Networks of IPv4, such as `127.0.0.0/8`. */
function isInNetwork(address: string, network: string): boolean {
  const [, base, length] = /^([\d.]+)\/(\d+)$/.exec(network) ?? [];
  const [one, other] = [bitsOf(address), bitsOf(base ?? "")];
  if (one === null || other === null || Number(length) > 32) return false;
  return one.startsWith(other.slice(0, Number(length)));
}

function bitsOf(address: string): string | null {
  const bytes = address.split(".").map(Number);
  if (bytes.length !== 4 || bytes.some((byte) => !(byte >= 0 && byte <= 255))) return null;
  return bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
}

function shown(value: string): string {
  const url = URL.parse(value.includes("://") ? value : `http://${value}`);
  return url === null || url.host === "" ? "…" : `${url.protocol}//${url.host}`;
}
