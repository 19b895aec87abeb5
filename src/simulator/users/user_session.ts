/** Sessions: what a client gets, and where its work is counted (`swarmui-protocol.md §1`). */
import { Claim, sumOfClaims, type WireCounters } from "./claim.ts";
import type { User } from "./user.ts";

/** A session. Its id gives all permissions of its user. */
export class Session {
  readonly id: string;
  readonly user: User;
  /**
   * For the request log, which must not contain ids: `session-1` … in the order in which they were
   * made.
   */
  readonly name: string;
  readonly #claims = new Set<Claim>();
  #interrupt = new AbortController();

  constructor(user: User, name: string) {
    this.user = user;
    this.name = name;
    this.id = crypto.getRandomValues(new Uint8Array(20)).toHex();
  }

  /** This session's counters. */
  get counters(): WireCounters {
    return sumOfClaims(this.claims);
  }

  /** The claims of its open requests. */
  get claims(): readonly Claim[] {
    return [...this.#claims];
  }

  /** Aborted when the present work is interrupted; later work gets another signal. */
  get interruptSignal(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** Counts a new request with a number of image runs. */
  claim(runs: number): Claim {
    const claim = new Claim(runs, () => this.#claims.delete(claim));
    this.#claims.add(claim);
    return claim;
  }

  /** Interrupts all present work. */
  interrupt(): void {
    const interrupted = this.#interrupt;
    this.#interrupt = new AbortController();
    interrupted.abort();
  }

  /** Forgets all work, as a restart of the server does. */
  forgetWork(): void {
    for (const claim of this.claims) claim.release();
    this.#interrupt = new AbortController();
  }
}

/** All sessions. They are kept until the simulation ends, also over restarts of the server. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  #lastOrdinal = 0;

  /** Makes one. */
  create(user: User): Session {
    const session = new Session(user, `session-${++this.#lastOrdinal}`);
    this.#sessions.set(session.id, session);
    return session;
  }

  /** The session with an id, which may be anything. */
  find(id: unknown): Session | null {
    return typeof id === "string" ? this.#sessions.get(id) ?? null : null;
  }

  /** All, or those of a user. */
  list(user?: User): readonly Session[] {
    const all = [...this.#sessions.values()];
    return user === undefined ? all : all.filter((session) => session.user === user);
  }

  /** Makes an id invalid, as SwarmUI's clean-up of old sessions does. */
  forget(session: Session): void {
    this.#sessions.delete(session.id);
  }

  /** The sums over all sessions of all users (`swarmui-protocol.md §5.2`). */
  counters(sessions: readonly Session[] = this.list()): WireCounters {
    return sumOfClaims(sessions.flatMap(({ claims }) => claims));
  }
}
