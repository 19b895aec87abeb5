/** Taking a claim on a server: what `wait --claim` adds to waiting. */
import { AppError } from "../../errors.ts";
import type { DetectionReport } from "../../detection/report.ts";
import type { Claim, ClaimStore } from "../../generation/claim.ts";
import { holderOf } from "../../generation/claim.ts";
import { newClaimId } from "../../generation/generation_id.ts";
import { holderText } from "../../render/claim.ts";
import type { CommandContext } from "../context.ts";

/** How long a look at the server may take, in milliseconds. */
const LOOK_MS = 30_000;
/** So often in a row this user's files may fail. */
const MOST_FAILURES = 5;

/** What is claimed. */
export interface WantedClaim {
  /** What the holder calls itself. */
  readonly name: string;
  /** How long the claim lasts, in milliseconds. */
  readonly forMs: number;
}

/** What came of an attempt. */
export type ClaimAttempt =
  | { readonly claim: Claim }
  | { readonly holder: Claim }
  /** It is not known who holds it. */
  | { readonly problem: AppError };

/** Why it was not taken. */
export type ClaimObstacle = Exclude<ClaimAttempt, { readonly claim: Claim }>;

/** One holder that tries to take a claim, again and again with the same id. */
export class Claiming {
  readonly #wanted: WantedClaim;
  readonly #store: ClaimStore;
  readonly #context: Pick<CommandContext, "clock" | "hostname" | "pid" | "messages">;
  readonly #id = newClaimId();
  /** Whether it may be held although it is not wanted: see `giveUp()`. */
  #isInDoubt = false;
  /** Attempts in a row that have failed in this user's files. */
  #failures = 0;
  #told = "";

  constructor(wanted: WantedClaim, by: {
    readonly store: ClaimStore;
    readonly context: Pick<CommandContext, "clock" | "hostname" | "pid" | "messages">;
  }) {
    this.#wanted = wanted;
    this.#store = by.store;
    this.#context = by.context;
  }

  /**
   * Looks whether somebody else holds the server; `null`: nobody does. So nobody who waits for a claim
   * needs to ask the server meanwhile.
   */
  async obstacle(report: DetectionReport): Promise<ClaimObstacle | null> {
    const reading = await this.#store.list();
    if (!reading.answered) return { problem: new AppError("unknown", reading.message) };
    const others = reading.claims.filter(({ id }) => id !== this.#id);
    const holder = holderOf({ ...serverOf(report), host: this.#context.hostname() }, others);
    return holder === null ? null : { holder };
  }

  /**
   * Tries to take it.
   *
   * @throws {AppError} If it can never be taken: the user's state cannot be written.
   */
  take(report: DetectionReport): Promise<ClaimAttempt> {
    return this.#take(report, this.#wanted.forMs);
  }

  /**
   * Takes it for the time of a look, which `take()` then makes longer: when a claim is given back, one
   * of those who wait looks at the server, and not all of them. `null`: it was taken.
   *
   * @throws {AppError} As `take()`.
   */
  async reserve(report: DetectionReport): Promise<ClaimObstacle | null> {
    const attempt = await this.#take(report, Math.min(LOOK_MS, this.#wanted.forMs));
    if (!("claim" in attempt)) return attempt;
    this.#isInDoubt = true;
    return null;
  }

  async #take(report: DetectionReport, forMs: number): Promise<ClaimAttempt> {
    const { clock, hostname, pid } = this.#context;
    const takenAt = clock.now();
    const claim: Claim = {
      id: this.#id,
      name: this.#wanted.name,
      ...serverOf(report),
      host: hostname(),
      pid,
      takenAt,
      expiresAt: takenAt + forMs,
    };
    try {
      const holder = await this.#store.take(claim);
      this.#failures = 0;
      if (holder === null) this.#isInDoubt = false;
      return holder === null ? { claim } : { holder };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // A lock that many wait for gets free; a directory that cannot be written stays so.
      const mayPass = error.code === "failed" ||
        (error.code === "state_file" && ++this.#failures < MOST_FAILURES);
      if (!mayPass) throw error;
      this.#isInDoubt = true;
      return { problem: error };
    }
  }

  /** Gives back what was reserved, or may have been taken by an attempt whose answer was lost. */
  async giveUp(): Promise<void> {
    if (!this.#isInDoubt) return;
    this.#isInDoubt = false;
    await this.#store.release(this.#id).catch(() => false);
  }

  /** Says on stderr what is waited for, each time it is something else. */
  async tell(attempt: ClaimObstacle): Promise<void> {
    const { clock, messages } = this.#context;
    const key = "holder" in attempt ? attempt.holder.id : attempt.problem.message;
    if (key === this.#told) return;
    this.#told = key;
    await messages.note(
      "holder" in attempt
        ? `Waiting: the server is ${holderText(attempt.holder, clock.now())}`
        : `${attempt.problem.message}; trying again`,
    );
  }
}

function serverOf(
  { serverUrl, identity }: DetectionReport,
): { readonly serverUrl: string; readonly serverId: string | null } {
  return { serverUrl, serverId: identity?.serverId ?? null };
}
