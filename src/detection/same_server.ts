/** Tells the records of the server that was asked from those of other servers. */
import type { GenerationRecord } from "../generation/generation.ts";
import { isSameServerUrl } from "../generation/server_url.ts";
import type { SeenRecord } from "./records_tier.ts";
import type { SwarmServer } from "./swarm_server.ts";

/**
 * Keeps the records of one server: the same address, else the same `server_id`. A record that names
 * no server counts here, as in the original.
 *
 * The `server_id` in hand is as old as the session for questions. A record of another address that
 * is younger may be of this server after its restart, so the session is renewed, once.
 */
export async function selectOwn(
  seen: readonly SeenRecord[],
  server: SwarmServer,
): Promise<readonly SeenRecord[]> {
  const others = seen.filter(({ record }) => !hasAddress(record, server.url));
  const identity = server.identity();
  if (identity === null || others.length === 0) {
    return seen.filter(({ record }) => hasAddress(record, server.url));
  }
  let serverId = identity.serverId;
  const mayBeNewer = others.some(({ record }) =>
    record.serverId !== null && record.serverId !== serverId && record.startedAt > identity.asOf
  );
  if (mayBeNewer) {
    const renewed = await server.renewIdentity();
    if (renewed.answered) serverId = renewed.value.serverId;
  }
  return seen.filter(({ record }) =>
    hasAddress(record, server.url) || (serverId !== null && record.serverId === serverId)
  );
}

function hasAddress(record: GenerationRecord, url: string): boolean {
  return record.serverUrl === null || isSameServerUrl(record.serverUrl, url);
}
