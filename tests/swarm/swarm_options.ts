/** Options for the SwarmUI client, for tests to which they do not matter. */
import type { Clock } from "../../src/generation/clock.ts";
import type {
  ServerSession,
  SessionCache,
  SessionCacheKey,
  SessionEntry,
} from "../../src/generation/session.ts";
import type { SwarmOptions } from "../../src/swarm/http/swarm_options.ts";
import { testHttpClients } from "../support/http_clients.ts";

/** The real clock, without `sleep()`, which the client does not use. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: () => Promise.reject(new Error("the client must not sleep")),
};

/** Options for a server; the deadline is so long that only tests of deadlines reach it. */
export function optionsFor(url: string, changes: Partial<SwarmOptions> = {}): SwarmOptions {
  return {
    baseUrl: url,
    authorization: null,
    token: null,
    requestTimeoutMs: 20_000,
    clock: realClock,
    cache: null,
    netPermission: () => null,
    http: testHttpClients(),
    ...changes,
  };
}

/** A cache in memory that counts its calls. */
export class MemorySessionCache implements SessionCache {
  readonly saved: { readonly key: SessionCacheKey; readonly session: ServerSession }[] = [];
  loads = 0;
  kept: ServerSession | null;
  offSince: ReadonlyMap<number, number> = new Map();

  constructor(kept: ServerSession | null = null) {
    this.kept = kept;
  }

  load(_key: SessionCacheKey): Promise<SessionEntry | null> {
    this.loads += 1;
    const { kept: session, offSince } = this;
    return Promise.resolve(session && { session, offSince });
  }

  save(key: SessionCacheKey, { session, offSince }: SessionEntry): Promise<boolean> {
    this.saved.push({ key, session });
    this.kept = session;
    this.offSince = offSince;
    return Promise.resolve(true);
  }
}
