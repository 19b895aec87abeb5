/**
 * What the looks of one process remember about the backends: how long each has been `idle`, since
 * when each is off, and which ones were deleted. Pure except for this memory. A single look has
 * none.
 */
import { isLasting } from "./answer.ts";
import { judgeGlobal } from "./coverage.ts";
import type { ListTimes } from "./queue_reading.ts";
import type { ServerReading } from "./server_tier.ts";
import type { Standing } from "./standing.ts";
import { isSwitchedOff, nameOf, SWITCHED_OFF_MS } from "./standing.ts";
import type { Backend, SwarmServer } from "./swarm_server.ts";
import { isChild } from "./swarm_server.ts";

/**
 * How long a backend must be `idle` in every look before it is believed to be off, in milliseconds.
 * SwarmUI asks its ComfyUI every 5 s (`swarmui-protocol.md §20.1`).
 */
export const SETTLE_MS = 6_000;
/** The longest pause between two of these looks, in milliseconds. */
const SETTLE_GAP_MS = 2_000;
/** For how long the deletion of a working backend keeps the verdict unknown, in milliseconds. */
const VANISHED_MS = 60_000;

interface IdleStreak {
  /** When the first of these looks was answered. */
  readonly sinceMs: number;
  readonly last: ListTimes;
  readonly ageSeconds: number | null;
}

/** A backend that was in one look and is not in a later one. */
interface Vanished {
  readonly name: string;
  /** Whether it had work, or may have had some, as far as this was seen. */
  readonly hadWork: boolean;
  /** When its absence was noticed, or the counters last showed work. */
  atMs: number;
}

interface SeenBackend {
  readonly backend: Backend;
  readonly mayWork: boolean;
}

/** See the top of this file. */
export class BackendHistory {
  #idle = new Map<number, IdleStreak>();
  readonly #offSince = new Map<number, number>();
  /** The backends of the previous look, with what each one added. */
  #before: readonly SeenBackend[] = [];
  readonly #vanished = new Map<number, Vanished>();

  /** Takes in what a look has read. A look without the list of backends changes nothing. */
  take(reading: ServerReading, nowMs: number): void {
    if (!reading.backends.answered) return;
    const listed = reading.backends.value;
    const idle = listed.filter(({ status }) => isUnused(reading) && status === "idle");
    this.#idle = new Map(idle.map((one) => [one.id, this.#goOn(one, reading.listed)]));
    this.#noteOff(listed, nowMs);
    this.#noteVanished(reading, listed);
  }

  /** Remembers for the next look what the backends of this one added. */
  keep(reading: ServerReading, standings: ReadonlyMap<number, Standing>): void {
    if (!reading.backends.answered) return;
    const isCounted = judgeGlobal(reading.globals) === "work";
    this.#before = reading.backends.value.map((backend) => {
      const kind = standings.get(backend.id)?.kind;
      const mayWork = kind === "at_work" || kind === "doubtful" || (kind === "unseen" && isCounted);
      return { backend, mayWork };
    });
  }

  /** Backends that every look of the last 6 s found `idle`, without any sign of use. */
  get settled(): ReadonlySet<number> {
    const settled = new Set<number>();
    for (const [id, { sinceMs, last }] of this.#idle) {
      if (last.askedAtMs - sinceMs >= SETTLE_MS) settled.add(id);
    }
    return settled;
  }

  /** When looks of this process saw backends switched off, in epoch milliseconds by backend id. */
  get offSince(): ReadonlyMap<number, number> {
    return this.#offSince;
  }

  /**
   * What recently deleted backends add. For a minute, those that had work may still have it; for
   * ten minutes, each one is named.
   *
   * @param nowMs On the monotonic clock.
   */
  vanished(nowMs: number): readonly Standing[] {
    const recent = [...this.#vanished.values()].filter(({ atMs }) =>
      nowMs - atMs < SWITCHED_OFF_MS
    );
    return recent.map(
      ({ name, hadWork, atMs }): Standing => {
        const spot = `${name} was deleted a moment ago: jobs that its ComfyUI still has`;
        return hadWork && nowMs - atMs < VANISHED_MS
          ? {
            kind: "doubtful",
            cause: "vanished",
            spot,
            why: `${name} was deleted while it had work`,
          }
          : { kind: "unseen", spot };
      },
    );
  }

  #goOn(backend: Backend, times: ListTimes): IdleStreak {
    const { askedAtMs, answeredAtMs } = times;
    const ageSeconds = backend.secondsSinceUsed;
    const before = this.#idle.get(backend.id);
    const isBroken = before === undefined ||
      askedAtMs - before.last.answeredAtMs > SETTLE_GAP_MS ||
      hasFallen(before.ageSeconds, ageSeconds);
    return {
      sinceMs: isBroken ? answeredAtMs : before.sinceMs,
      last: { askedAtMs, answeredAtMs },
      ageSeconds,
    };
  }

  #noteOff(listed: readonly Backend[], nowMs: number): void {
    const wasOn = new Set(
      this.#before.filter(({ backend }) => !isSwitchedOff(backend)).map(({ backend }) =>
        backend.id
      ),
    );
    for (const backend of listed) {
      if (!isSwitchedOff(backend)) this.#offSince.delete(backend.id);
      else if (wasOn.has(backend.id)) this.#offSince.set(backend.id, nowMs);
    }
  }

  #noteVanished(reading: ServerReading, listed: readonly Backend[]): void {
    const atMs = reading.listed.answeredAtMs;
    if (judgeGlobal(reading.globals) === "work") {
      for (const vanished of this.#vanished.values()) vanished.atMs = atMs;
    }
    const ids = new Set(listed.map(({ id }) => id));
    for (const id of ids) this.#vanished.delete(id);
    const before = [
      ...this.#before,
      ...reading.vanished.map((backend) => ({ backend, mayWork: true })),
    ];
    for (const { backend, mayWork } of before) {
      if (ids.has(backend.id) || isChild(backend)) continue;
      this.#vanished.set(backend.id, { name: nameOf(backend), hadWork: mayWork, atMs });
    }
  }
}

/** Counters that this user may never read cannot show work, so only the ages are used. */
function isUnused({ globals }: ServerReading): boolean {
  return judgeGlobal(globals) === "zero" ||
    globals.every(({ answer }) => !answer.answered && isLasting(answer.reason));
}

function hasFallen(before: number | null, now: number | null): boolean {
  return (before ?? Infinity) > (now ?? Infinity) || (before !== null && now === null);
}

/**
 * When looks of this user first saw each switched-off backend, in epoch milliseconds by backend id.
 * Kept for later looks, and written only when it changes.
 *
 * @returns Empty if it cannot be kept: otherwise every look would seem to be the first one.
 */
export async function firstSeenOff(
  server: Pick<SwarmServer, "offSince" | "keepOffSince">,
  seen: { readonly backends: readonly Backend[]; readonly nowMs: number },
): Promise<ReadonlyMap<number, number>> {
  const kept = server.offSince();
  const offSince = new Map<number, number>();
  for (const { id } of seen.backends.filter(isSwitchedOff)) {
    const sinceMs = kept.get(id) ?? seen.nowMs;
    // A time in the future was written before the clock was set back.
    offSince.set(id, Math.min(sinceMs, seen.nowMs));
  }
  const isKept = offSince.size === kept.size &&
    [...offSince].every(([id, sinceMs]) => kept.get(id) === sinceMs);
  return isKept || await server.keepOffSince(offSince) ? offSince : new Map();
}
