/** Waiting for one of several servers, or for all of them, from look to look. Pure but for its memory. */
import type { WaitStep } from "./idle_wait.ts";

/** How old a look may be that still tells how things are, in milliseconds. */
const FRESH_MS = 1_000;

/** What a look at one of the servers has come to. */
export interface ServerStep {
  readonly step: WaitStep;
  /** On one clock with those of all servers, milliseconds. */
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

/** How the wait ended by a look; `name`: the server that decided. */
export type FleetWaitEnd =
  | { readonly ended: "idle"; readonly name: string | null }
  | { readonly ended: "unknown" | "unreachable"; readonly name: string };

/** Goes from look to look until one of the servers, or all, have been quiet for long enough. */
export class FleetWait {
  readonly #names: readonly string[];
  readonly #want: "any" | "all";
  readonly #freshMs: number;
  readonly #steps = new Map<string, ServerStep>();
  /** Looks that began before this moment do not count as those of all at the same time. */
  #confirmFromMs: number | null = null;

  /** @param how.looksOnce Whether there is time for one look at each server only. */
  constructor(
    names: readonly string[],
    { want, looksOnce = false }: { readonly want: "any" | "all"; readonly looksOnce?: boolean },
  ) {
    this.#names = names;
    this.#want = want;
    this.#freshMs = looksOnce ? Infinity : FRESH_MS;
  }

  /** Whether every server was looked at. */
  get isComplete(): boolean {
    return this.#steps.size === this.#names.length;
  }

  /**
   * Whether all servers are idle by looks of different times, so that they must be looked at once more,
   * now: who was idle a minute ago may be busy.
   */
  get wantsLooks(): boolean {
    return this.#confirmFromMs !== null;
  }

  /** Whether this server has not been looked at since then. */
  wantsLookAt(name: string): boolean {
    const askedMs = this.#steps.get(name)?.askedAtMs ?? -Infinity;
    return this.#confirmFromMs !== null && askedMs < this.#confirmFromMs;
  }

  /** Takes in a look at a server; `null`: the wait goes on. */
  take(name: string, step: ServerStep): FleetWaitEnd | null {
    this.#steps.set(name, step);
    return this.#want === "any" ? this.#takeAny(name, step) : this.#takeAll(name, step);
  }

  /** One that cannot be known, or was not there at the first look, leaves the others. */
  #takeAny(name: string, { step }: ServerStep): FleetWaitEnd | null {
    if (step.ended === "idle") return { ended: "idle", name };
    const ends = this.#names.map((each) => this.#steps.get(each)?.step.ended ?? null);
    if (ends.includes(null)) return null;
    const unknown = this.#names[ends.indexOf("unknown")];
    return unknown === undefined
      ? { ended: "unreachable", name: this.#names[0] ?? name }
      : { ended: "unknown", name: unknown };
  }

  #takeAll(name: string, { step, answeredAtMs }: ServerStep): FleetWaitEnd | null {
    if (step.ended === "unknown" || step.ended === "unreachable") {
      return { ended: step.ended, name };
    }
    const steps = this.#names.flatMap((each) => this.#steps.get(each) ?? []);
    const areIdle = this.isComplete && steps.every((each) => each.step.ended === "idle");
    if (!areIdle) {
      this.#confirmFromMs = null;
      return null;
    }
    const askedMs = Math.min(...steps.map(({ askedAtMs }) => askedAtMs));
    if (askedMs >= (this.#confirmFromMs ?? answeredAtMs - this.#freshMs)) {
      return { ended: "idle", name: null };
    }
    this.#confirmFromMs ??= answeredAtMs;
    return null;
  }
}
