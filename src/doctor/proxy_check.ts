/** A proxy between us and a server on this machine. Pure. */
import { chooseProxy } from "../generation/server/proxy_choice.ts";
import { isLoopback } from "../generation/server/server_url.ts";
import type { DetectionReport } from "../detection/report.ts";
import type { Check } from "./check.ts";
import { checksOf } from "./check.ts";
import type { Variable } from "./facts.ts";

const { ok, warning, notChecked } = checksOf("machine");

/**
 * Says whether a proxy stands before a server on this machine. SwarmUI then sees the proxy instead
 * of this machine, so it may require a login that it does not require from its own machine
 * (`swarmui-protocol.md §1.4, §1.5`). Plain HTTP is not affected: such a server is asked directly.
 */
export function checkProxy(
  { serverUrl, reach }: Pick<DetectionReport, "serverUrl" | "reach">,
  variables: readonly Variable[],
): Check {
  const { protocol, hostname } = new URL(serverUrl);
  if (!isLoopback(serverUrl)) {
    return ok("proxy", "The server is not on this machine, so a proxy hides nothing");
  }
  if (protocol === "http:") {
    return ok("proxy", "The server on this machine is asked directly, whatever proxy is set");
  }
  const bare = hostname.replace(/^\[|\]$/g, "");
  const proxy = chooseProxy(
    serverUrl,
    (name) => variables.find((one) => one.name === name) ?? { name, mayRead: true, value: null },
  );
  if (proxy === null) return ok("proxy", "There is no proxy before the server on this machine");
  if (proxy.kind === "set" && proxy.isCertain) {
    return warning(
      "proxy",
      `${proxy.variable} is set, so the server on this machine is asked through that proxy, which ` +
        "hides that we are on it too",
      `set NO_PROXY=${bare}`,
    );
  }
  const hidden = proxy.kind === "set" ? ["NO_PROXY"] : proxy.variables;
  return notChecked(
    "proxy",
    `Whether a proxy stands before the server on this machine: ${
      hidden.join(", ")
    } may not be read`,
    reach === "online" ? undefined : `to be sure that none does, set NO_PROXY=${bare}`,
  );
}
