/**
 * Looks at a server without a login: the port `ServerDoor`, for `doctor`. Not loaded by `status`.
 */
import type { KeptSession, Probe, ServerDoor } from "../../doctor/door.ts";
import { isSameServerUrl } from "../../generation/server/server_url.ts";
import { credentialsHash } from "../http/credentials.ts";
import { timeUp } from "../http/limits.ts";
import type { SwarmOptions } from "../http/swarm_options.ts";
import { mediaTypeOf, Transport } from "../http/transport.ts";

/**
 * Makes it for one server. `probe()` needs `--allow-net` for the server.
 *
 * @throws {UsageError} If the address or the credentials cannot be used.
 */
export function createServerDoor(options: SwarmOptions): ServerDoor {
  const transport = new Transport(options);
  return {
    probe: () => probe(transport, options),
    async keptSession(): Promise<KeptSession | null> {
      const { url: serverUrl } = transport;
      const key = { serverUrl, credentialsHash: await credentialsHash(options) };
      const kept = await options.cache?.load(key) ?? null;
      if (kept === null || !isSameServerUrl(kept.session.serverUrl, serverUrl)) return null;
      return { createdAt: kept.session.createdAt, userId: kept.session.userId };
    },
  };
}

/**
 * A call without a session. SwarmUI answers that the session is missing (`swarmui-protocol.md
 * §2.2`, row 5; older versions redirect) and does nothing. Its web server, like nearly all, sends
 * the time with every answer.
 */
async function probe(transport: Transport, options: SwarmOptions): Promise<Probe | null> {
  const { clock, requestTimeoutMs } = options;
  const askedAtMs = clock.now();
  const startedMs = clock.monotonicMs();
  const answer = await transport.open(
    { path: "API/GetCurrentStatus", body: "{}" },
    { expires: timeUp(requestTimeoutMs) },
    async (response): Promise<Probe> => {
      const roundTripMs = clock.monotonicMs() - startedMs;
      // Discarded, whatever it contains and however long it is.
      await response.body?.cancel();
      return {
        status: response.status,
        mediaType: mediaTypeOf(response.headers),
        serverMs: timeOf(response.headers.get("date")),
        askedAtMs,
        roundTripMs,
      };
    },
  );
  return "ok" in answer ? null : answer;
}

/** An HTTP date as epoch milliseconds; `null` if it is not one. */
function timeOf(date: string | null): number | null {
  if (date === null || !/^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(date)) return null;
  const timeMs = Date.parse(date);
  return Number.isNaN(timeMs) ? null : timeMs;
}
