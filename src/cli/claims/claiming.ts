/** Taking a claim on a server: what `wait --claim` adds to waiting. */
import { AppError } from "../../errors.ts";
import type { DetectionReport } from "../../detection/report.ts";
import type { ServerIdentity } from "../../detection/swarm_server.ts";
import type { Claim, ClaimedServer, ClaimStore } from "../../generation/claim.ts";
import { holderOf } from "../../generation/claim.ts";
import { newClaimId } from "../../generation/generation_id.ts";
import { holderText } from "../../render/status/claim.ts";
import type { CommandContext } from "../context.ts";
import type { Observer } from "../observer.ts";

/** How long a look at the server may take, in milliseconds. */
const LOOK_MS = 30_000;
/** So often in a row this user's files may fail. */
const MOST_FAILURES = 5;
/** From this age on it is not believed which server it is, in milliseconds. */
const OLD_MS = 60_000;

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

/** What a `Claiming` needs. */
export interface ClaimingParts {
  readonly store: ClaimStore;
  readonly context: Pick<CommandContext, "clock" | "hostname" | "pid" | "messages">;
  readonly observer: Pick<Observer, "renewIdentity">;
}

/** One holder that tries to take a claim, again and again with the same id. */
export class Claiming {
  readonly #wanted: WantedClaim;
  readonly #store: ClaimStore;
  readonly #context: ClaimingParts["context"];
  readonly #observer: ClaimingParts["observer"];
  readonly #id = newClaimId();
  /** Whether it is held and not handed over, or may be: see `giveUp()`. */
  #mayBeHeld = false;
  /** Which server it is, if that was asked. */
  #renewed: ServerIdentity | null = null;
  /** Attempts in a row that have failed in this user's files. */
  #failures = 0;
  #told = "";

  constructor(wanted: WantedClaim, by: ClaimingParts) {
    this.#wanted = wanted;
    this.#store = by.store;
    this.#context = by.context;
    this.#observer = by.observer;
  }

  /**
   * Looks whether somebody else holds the server; `null`: nobody does. So nobody who waits for a claim
   * needs to ask the server meanwhile.
   *
   * @throws {AppError} If it can never be taken: the user's state cannot be read.
   */
  async obstacle(report: DetectionReport): Promise<ClaimObstacle | null> {
    const reading = await this.#store.list();
    if (!reading.answered) return this.#failed(new AppError(reading.code, reading.message));
    const others = reading.claims.filter(({ id }) => id !== this.#id);
    const holder = holderOf(this.#serverOf(report), others);
    if (holder === null) return null;
    this.#failures = 0;
    return { holder };
  }

  /**
   * Tries to take it.
   *
   * A server is known by its id too, because machines may have different addresses for it. The id
   * that a look tells may be of the time before the server was restarted. So whoever gets the claim
   * asks once, and must get it under the new id as well.
   *
   * @throws {AppError} If it can never be taken: the user's state cannot be written.
   */
  async take(report: DetectionReport): Promise<ClaimAttempt> {
    const { forMs } = this.#wanted;
    const known = this.#serverOf(report);
    let attempt = await this.#take(known, forMs);
    if ("claim" in attempt) {
      await this.#renewIdentity(report);
      const server = this.#serverOf(report);
      if (server.serverId !== known.serverId) attempt = await this.#take(server, forMs);
    }
    if ("holder" in attempt) await this.giveUp();
    return attempt;
  }

  /**
   * Takes it for the time of a look, which `take()` then makes longer: when a claim is given back, one
   * of those who wait looks at the server, and not all of them. `null`: it was taken.
   *
   * @throws {AppError} As `take()`.
   */
  async reserve(report: DetectionReport): Promise<ClaimObstacle | null> {
    const server = this.#serverOf(report);
    const attempt = await this.#take(server, Math.min(LOOK_MS, this.#wanted.forMs));
    return "claim" in attempt ? null : attempt;
  }

  async #take(server: ClaimedServer, forMs: number): Promise<ClaimAttempt> {
    const { clock, pid } = this.#context;
    const wasHeld = this.#mayBeHeld;
    this.#mayBeHeld = true;
    const takenAt = clock.now();
    const expiresAt = takenAt + forMs;
    const claim = {
      ...{ id: this.#id, name: this.#wanted.name, pid, takenAt, expiresAt },
      ...server,
    };
    try {
      const holder = await this.#store.take(claim);
      this.#failures = 0;
      if (holder !== null) {
        this.#mayBeHeld = wasHeld;
        return { holder };
      }
      if (clock.now() < expiresAt) return { claim };
      // This process was stopped meanwhile; by now somebody else may hold the server.
      const problem = "Cannot take a claim: its time was over when it was known to be taken";
      return { problem: new AppError("failed", problem) };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return this.#failed(error);
    }
  }

  /**
   * What came of an attempt that failed.
   *
   * @throws The error itself, if the next one would fail as well.
   */
  #failed(error: AppError): ClaimObstacle {
    // A lock that many wait for gets free; a directory that cannot be used stays so.
    const mayPass = error.code === "failed" ||
      (error.code === "state_file" && ++this.#failures < MOST_FAILURES);
    if (!mayPass) throw error;
    return { problem: error };
  }

  /** The claim is the caller's: it was told its ID. */
  handOver(): void {
    this.#mayBeHeld = false;
  }

  /**
   * Gives back what was reserved or taken and not handed over, or may have been taken by an attempt
   * whose answer was lost.
   */
  async giveUp(): Promise<void> {
    if (!this.#mayBeHeld) return;
    this.#mayBeHeld = false;
    await this.#store.release(this.#id).catch(() => false);
  }

  async #renewIdentity(report: DetectionReport): Promise<void> {
    const identity = this.#identityOf(report);
    if (identity !== null && this.#context.clock.now() - identity.asOf < OLD_MS) return;
    const renewed = await this.#observer.renewIdentity();
    if (renewed.answered) this.#renewed = renewed.value;
  }

  #identityOf({ identity }: DetectionReport): ServerIdentity | null {
    const renewed = this.#renewed;
    if (renewed === null) return identity;
    return identity !== null && identity.asOf > renewed.asOf ? identity : renewed;
  }

  #serverOf(report: DetectionReport): ClaimedServer {
    return {
      serverUrl: report.serverUrl,
      serverId: this.#identityOf(report)?.serverId ?? null,
      host: this.#context.hostname(),
    };
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
