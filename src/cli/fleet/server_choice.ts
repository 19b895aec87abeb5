/** `--server any`: which server generates, and why. */
import { rankServers } from "../../detection/rank_servers.ts";
import type { Rank, Ranked } from "../../detection/rank_servers.ts";
import { readRecords } from "../../detection/records_tier.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { AppError, lowerFirst } from "../../errors.ts";
import type { GenerationRecord } from "../../generation/generation.ts";
import type { OwnerHold } from "../../generation/records/owner.ts";
import type { GenerationStore } from "../../generation/records/store.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import { formatCount } from "../../render/text.ts";
import type { CommandContext } from "../context.ts";
import { calledSo } from "../generate/choose.ts";
import { lookSettled, openObserver } from "../observer.ts";
import { statusProblem } from "../status_problem.ts";
import { AT_ONCE } from "./fleet_contexts.ts";
import type { FleetMember } from "./fleet_contexts.ts";
import { Turns } from "./turns.ts";

/** The owner lock that lets only one process of this user choose at a time. */
const CHOICE_LOCK = "choice-of-server";
/**
 * How long other servers may still answer once an idle server is known, with the model loaded and
 * without, in milliseconds.
 */
const READY_WITHIN_MS = 250;
const IDLE_WITHIN_MS = 1_000;

/** A server that was chosen. */
export interface ChosenServer {
  readonly name: string;
  readonly context: CommandContext;
  /** The reason in a few words, in lower case. */
  readonly why: string;
}

interface Candidate {
  readonly name: string;
  readonly context: CommandContext;
  readonly report: DetectionReport;
}

interface ChoiceParts {
  readonly context: CommandContext;
  readonly stores: readonly GenerationStore[];
  /** `null`: any model. */
  readonly model: string | null;
  /** Ends the looks. */
  readonly signal: AbortSignal;
}

/** Looks at all servers and offers one after the other, the best first. */
export class ServerChoice {
  readonly #by: ChoiceParts;
  readonly #answered: Candidate[] = [];
  readonly #failures = new Map<string, AppError>();
  readonly #tried = new Set<string>();
  readonly #startedMs: number;
  #waiting: number;
  #next = Promise.withResolvers<void>();

  constructor(members: readonly FleetMember[], by: ChoiceParts) {
    this.#by = by;
    this.#waiting = members.length;
    this.#startedMs = by.context.clock.monotonicMs();
    const turns = new Turns(AT_ONCE);
    for (const member of members) {
      void turns.take(() => this.#look(member)).catch((error: unknown) => {
        const failure = error instanceof AppError
          ? error
          : new AppError("internal", error instanceof Error ? error.message : String(error));
        this.#failures.set(member.name, failure);
      }).finally(() => {
        this.#waiting--;
        this.#next.resolve();
        this.#next = Promise.withResolvers();
      });
    }
  }

  /**
   * Chooses the best server that was not chosen before, and publishes the generation there before
   * another process of this user may choose.
   *
   * @param publish Publishes the generation's record.
   * @throws {AppError} If no server is left; the message contains the reason of each.
   */
  async take<T>(
    publish: (chosen: ChosenServer) => Promise<T>,
  ): Promise<{ readonly chosen: ChosenServer; readonly published: T }> {
    const { signal } = this.#by;
    for (;;) {
      // Of before: an answer may come while it is decided whether there are enough.
      const next = this.#next.promise;
      if (signal.aborted || await this.#knowsEnough()) break;
      await untilAborted(next, signal);
    }
    signal.throwIfAborted();
    const lock = await this.#lock();
    try {
      const [best] = await this.#ranked();
      if (best === undefined) throw this.#nobody();
      const { name, context } = best.server;
      this.#tried.add(name);
      const chosen = { name, context, why: this.#why(best.rank) };
      return { chosen, published: await publish(chosen) };
    } finally {
      // The file is kept: all processes that wait for the lock must wait for the same file.
      lock?.abandon();
    }
  }

  /** How many servers may still be chosen, including those that have not answered yet. */
  get left(): number {
    return this.#untried().length + this.#waiting;
  }

  /** Notes that a chosen server refused the request. */
  refused(name: string, why: AppError): void {
    this.#failures.set(name, why);
  }

  async #look(member: FleetMember): Promise<void> {
    const { signal } = this.#by;
    const context = await member.context;
    const observer = await openObserver(context);
    const looking = lookSettled({ observer, context }, { models: false, signal });
    const detection = await untilAborted(looking, signal);
    if (detection === null) return;
    const { report } = detection;
    const problem = statusProblem(report);
    if (problem !== null) this.#failures.set(member.name, problem);
    else if (!this.#isKnown(report)) {
      this.#answered.push({ name: member.name, context, report });
    }
  }

  /** Whether it is a server that was seen before under another name. */
  #isKnown({ identity }: DetectionReport): boolean {
    const id = identity?.serverId ?? null;
    return id !== null && this.#answered.some(({ report }) => report.identity?.serverId === id);
  }

  /** Whether to stop waiting for more answers: the best server so far is good enough. */
  async #knowsEnough(): Promise<boolean> {
    if (this.#waiting === 0) return true;
    const [best] = this.#rank([]);
    const withinMs = best?.rank.suitability === "ready"
      ? READY_WITHIN_MS
      : best?.rank.suitability === "idle"
      ? IDLE_WITHIN_MS
      : Infinity;
    const { clock } = this.#by.context;
    const leftMs = this.#startedMs + withinMs - clock.monotonicMs();
    if (leftMs <= 0) return true;
    if (leftMs === Infinity) return false;
    const answered = new AbortController();
    void this.#next.promise.then(() => answered.abort());
    await clock.sleep(leftMs, AbortSignal.any([answered.signal, this.#by.signal]));
    return this.#waiting === 0 || clock.monotonicMs() >= this.#startedMs + withinMs;
  }

  #untried(): readonly Candidate[] {
    return this.#answered.filter(({ name }) => !this.#tried.has(name));
  }

  /** Ranks with the records as they are now: other processes may have chosen since the looks. */
  async #ranked(): Promise<readonly Ranked<Candidate>[]> {
    const { context: { adapters, clock, hostname }, stores } = this.#by;
    const locks = await adapters.ownerLocks();
    const { seen } = await readRecords({ stores, locks, hostname, clock });
    const records = seen.filter(({ owner }) => owner === "alive").map(({ record }) => record);
    return this.#rank(records);
  }

  #rank(records: readonly GenerationRecord[]): readonly Ranked<Candidate>[] {
    const { model } = this.#by;
    return rankServers(this.#untried(), {
      records,
      isLoaded: (name) => model === null || calledSo(model, [{ name }]).length > 0,
    });
  }

  /**
   * Takes the lock. Without it, two processes may choose the same idle server; that is no reason
   * not to generate.
   */
  async #lock(): Promise<OwnerHold | null> {
    const locks = await this.#by.context.adapters.ownerLocks();
    try {
      return await locks.hold(CHOICE_LOCK);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      await this.#by.context.messages.detail(error.message);
      return null;
    }
  }

  #why({ suitability, outstanding, backends }: Rank): string {
    switch (suitability) {
      case "ready":
        return this.#by.model === null
          ? "idle, and has a model loaded"
          : "idle, and has the model loaded";
      case "idle":
        return "idle, and would have to load the model";
      case "busy": {
        if (outstanding === null) return "busy; how much it has to do is not known";
        const images = formatCount(outstanding, "image");
        return `busy, with the least to do: ${images} for ${formatCount(backends, "backend")}`;
      }
      case "unknown":
        return "it is not known whether it is idle, and no other server is left";
      default:
        return suitability satisfies never;
    }
  }

  #nobody(): AppError {
    const failures = [...this.#failures];
    const [first] = failures;
    if (first === undefined) return new AppError("failed", "Cannot choose a server: none answered");
    const [only, ...others] = new Set(failures.map(([, { message }]) => message));
    // An error that is the same everywhere is about the request itself.
    if (only !== undefined && others.length === 0) return first[1];
    const codes = new Set(failures.map(([, { code }]) => code));
    const refusal = failures.find(([, { code }]) => code !== "unreachable") ?? first;
    const reasons = failures.map(([name, { message }]) => `${name}: ${lowerFirst(message)}`);
    return new AppError(
      codes.size === 1 ? first[1].code : refusal[1].code,
      `Cannot generate on any of ${formatCount(failures.length, "server")}: ${reasons.join("; ")}`,
    );
  }
}
