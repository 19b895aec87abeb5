/**
 * Waits for one of several servers, or for all of them, from look to look. It has a state, and no
 * side effects.
 */
import type { WaitStep } from "./idle_wait.ts";
import type { WaitGoal } from "./state_wait.ts";

/** How old a look may be and still count as the present state, in milliseconds. */
const FRESH_MS = 1_000;

/** The result of a look at one of the servers. */
export interface ServerStep {
  readonly step: WaitStep;
  /** When the server was asked, in milliseconds, on a clock that all servers share. */
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

/** How a look ended the wait; `name`: the server that decided it. */
export type FleetWaitEnd =
  | { readonly ended: WaitGoal; readonly name: string | null }
  | { readonly ended: "unknown" | "unreachable"; readonly name: string };

/** Takes look after look until one of the servers, or all, are as they are wanted. */
export class FleetWait {
  readonly #names: readonly string[];
  readonly #want: "any" | "all";
  readonly #goal: WaitGoal;
  readonly #freshMs: number;
  readonly #steps = new Map<string, ServerStep>();
  /** Looks that began before this moment are too old to show all servers idle at the same time. */
  #confirmFromMs: number | null = null;

  /** @param how.looksOnce Whether each server is looked at only once. */
  constructor(
    names: readonly string[],
    { want, goal = "idle", looksOnce = false }: {
      readonly want: "any" | "all";
      readonly goal?: WaitGoal;
      readonly looksOnce?: boolean;
    },
  ) {
    this.#names = names;
    this.#want = want;
    this.#goal = goal;
    this.#freshMs = looksOnce ? Infinity : FRESH_MS;
  }

  /** Whether every server was looked at. */
  get isComplete(): boolean {
    return this.#steps.size === this.#names.length;
  }

  /**
   * Whether all servers are as wanted, but by looks at different times, so that all must be looked at
   * once more now: a server that was idle a minute ago may be busy.
   */
  get wantsLooks(): boolean {
    return this.#confirmFromMs !== null;
  }

  /** Whether this server has not been looked at since then. */
  wantsLookAt(name: string): boolean {
    const askedMs = this.#steps.get(name)?.askedAtMs ?? -Infinity;
    return this.#confirmFromMs !== null && askedMs < this.#confirmFromMs;
  }

  /** Takes a look at a server; `null`: the wait continues. */
  take(name: string, step: ServerStep): FleetWaitEnd | null {
    this.#steps.set(name, step);
    return this.#want === "any" ? this.#takeAny(name, step) : this.#takeAll(name, step);
  }

  /** If a server cannot be known, or did not answer at the first look, the others still count. */
  #takeAny(name: string, { step }: ServerStep): FleetWaitEnd | null {
    if (step.ended === this.#goal) return { ended: this.#goal, name };
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
    const areSo = this.isComplete && steps.every((each) => each.step.ended === this.#goal);
    if (!areSo) {
      this.#confirmFromMs = null;
      return null;
    }
    const askedMs = Math.min(...steps.map(({ askedAtMs }) => askedAtMs));
    if (askedMs >= (this.#confirmFromMs ?? answeredAtMs - this.#freshMs)) {
      return { ended: this.#goal, name: null };
    }
    this.#confirmFromMs ??= answeredAtMs;
    return null;
  }
}
