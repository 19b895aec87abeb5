/** A proxy between us and a server on this machine. Pure. */
import { isLoopback } from "../generation/server_url.ts";
import type { DetectionReport } from "../detection/report.ts";
import type { Check } from "./check.ts";
import { checksOf } from "./check.ts";
import type { Variable } from "./facts.ts";

const { ok, warning, notChecked } = checksOf("machine");

/**
 * Says whether a proxy stands before a server on this machine: SwarmUI then sees the proxy and not
 * us, so that it may want a login that it does not want of its own machine
 * (`swarmui-protocol.md §1.4, §1.5`). In plain HTTP none does: such a server is asked directly.
 *
 * For `https:` Deno takes the proxy of `HTTPS_PROXY` or `ALL_PROXY`, and none for the hosts and
 * networks that `NO_PROXY` lists without a port; a `*` there does nothing (measured with Deno 2.9.6).
 * It heeds them whether we may read them or not.
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
  const wanted = ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];
  const heeded = variables.filter(({ name }) => wanted.includes(name.toUpperCase()));
  const hidden = wanted.filter((name) =>
    heeded.some((one) => one.name.toUpperCase() === name && !one.mayRead)
  );
  const bare = hostname.replace(/^\[|\]$/g, "");
  const excepted = heeded.some(({ name, value }) =>
    name.toUpperCase() === "NO_PROXY" && lists(value ?? "", bare)
  );
  if (excepted) return ok("proxy", `NO_PROXY keeps every proxy away from ${bare}`);
  const proxy = heeded.find(({ name, value }) => name.toUpperCase() !== "NO_PROXY" && value);
  if (proxy !== undefined && !hidden.includes("NO_PROXY")) {
    return warning(
      "proxy",
      `${proxy.name} is set, so the server on this machine is asked through that proxy, which ` +
        "hides that we are on it too",
      `set NO_PROXY=${bare}`,
    );
  }
  if (hidden.length > 0) {
    return notChecked(
      "proxy",
      `Whether a proxy stands before the server on this machine: ${
        hidden.join(", ")
      } may not be read`,
      reach === "online" ? undefined : `to be sure that none does, set NO_PROXY=${bare}`,
    );
  }
  return ok("proxy", "No proxy stands before the server on this machine");
}

function lists(value: string, host: string): boolean {
  return value.split(",").map((entry) => entry.trim().toLowerCase()).some((entry) =>
    entry === host || (/^127\.[\d.]*\/\d+$/.test(entry) && host.startsWith("127."))
  );
}
