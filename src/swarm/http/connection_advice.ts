/**
 * What to do about a failed connection: whether the proxy or the server is the cause, and which
 * address to try. Loaded only when that happens. Pure.
 */
import { hasAdvice } from "../../errors.ts";
import type { ProxyInUse } from "../../generation/server/proxy_choice.ts";
import { type CallFailure, failure } from "../wire/failure.ts";
import { netHost } from "../../generation/server/server_url.ts";

/** Messages of connections that could not be made, to the server or to a proxy. */
const NO_CONNECTION = /^(?:DNS |connection refused|.*timed out|.*unreachable|no route)/i;
/** The messages of a port that speaks plain HTTP and was asked by TLS. */
const NO_TLS = /^it does not speak TLS$|^the connection ended before TLS began$/;

/** The message of a port that speaks TLS and was asked by plain HTTP. */
const NO_HTTP = /^the answer cannot be read: it is not HTTP$/;

/** What is known about the address. */
export interface ConnectionFacts {
  readonly serverUrl: string;
  /** `null`: there is none for this address. */
  readonly proxy: ProxyInUse | null;
  /** Whether the server has answered this process before. */
  readonly hasAnswered: boolean;
}

/** Adds advice to a failed connection, by what the address and the proxy show. */
export function adviseConnection(failed: CallFailure, facts: ConnectionFacts): CallFailure {
  const { serverUrl, proxy, hasAnswered } = facts;
  if (failed.reason === "permission") return namePermission(failed, facts);
  if (hasAdvice(failed.message)) return failed;
  const { reason } = failed;
  if (failed.message.startsWith("the proxy ")) {
    const words = failed.message.slice("the proxy ".length);
    const advice = words.startsWith("requires a login")
      ? "write NAME:PASSWORD@ before its host"
      : proxyAdvice(proxy, serverUrl);
    return failure(reason, `${nameOf(proxy)} ${words} (${advice})`);
  }
  const isTls = serverUrl.startsWith("https:");
  if (isTls && NO_TLS.test(failed.message)) {
    return failure(reason, `${failed.message} (try --api-url http:${serverUrl.slice(6)})`);
  }
  if (!isTls && proxy === null && NO_HTTP.test(failed.message)) {
    const address = `https:${serverUrl.slice(5)}`;
    return failure(reason, `${failed.message} (if the port speaks TLS, try --api-url ${address})`);
  }
  if (proxy?.kind === "set" && (NO_CONNECTION.test(failed.message) || reason === "timeout")) {
    return failure(
      reason,
      `no answer through ${nameOf(proxy)}: ${failed.message} (${proxyAdvice(proxy, serverUrl)})`,
    );
  }
  if (proxy?.kind !== "set" && failed.message.startsWith("DNS ")) {
    return failure(reason, `${failed.message} (is the name in --api-url right?)`);
  }
  if (proxy?.kind === "unread" && NO_CONNECTION.test(failed.message)) {
    return failure(
      reason,
      `${failed.message} (start SwarmUI, or give its address with --api-url; if ` +
        `${variablesOf(proxy)} names a proxy, it must run too)`,
    );
  }
  if (isTls && reason === "timeout" && !hasAnswered) {
    return failure(
      reason,
      `${failed.message} (a port without TLS stays silent: try --api-url http:${
        serverUrl.slice(6)
      }; or it is busy: --request-timeout allows more time)`,
    );
  }
  return failed;
}

/** Deno requires a permission of its own for a SOCKS proxy (measured with Deno 2.9.6). */
function namePermission(failed: CallFailure, { serverUrl, proxy }: ConnectionFacts): CallFailure {
  const wanted = /^--allow-net=(.+)$/.exec(failed.needs ?? "")?.[1];
  const server = netHost(serverUrl);
  if (wanted === undefined || wanted === server) return failed;
  const name = proxy?.kind === "set"
    ? nameOf(proxy)
    : `the proxy at ${wanted}, which ALL_PROXY or ${
      serverUrl.startsWith("https:") ? "HTTPS_PROXY" : "HTTP_PROXY"
    } names`;
  return failure("permission", `Deno does not allow connecting to ${name}`, {
    needs: `--allow-net=${server},${wanted}`,
  });
}

function nameOf(proxy: ProxyInUse | null): string {
  if (proxy === null) return "the proxy";
  return proxy.kind === "set"
    ? `the proxy ${proxy.variable}=${proxy.address}`
    : `the proxy of ${variablesOf(proxy)}`;
}

/** The variables that may name a proxy: `ALL_PROXY or HTTP_PROXY`. */
function variablesOf({ variables }: Extract<ProxyInUse, { readonly kind: "unread" }>): string {
  return variables.filter((name) => name !== "NO_PROXY").join(" or ");
}

function proxyAdvice(proxy: ProxyInUse | null, serverUrl: string): string {
  const variable = proxy?.kind === "set" ? proxy.variable : "its variable";
  return `is it running? Unset ${variable}, or set NO_PROXY=${
    new URL(serverUrl).hostname
  }, to ask ` +
    "without it";
}
