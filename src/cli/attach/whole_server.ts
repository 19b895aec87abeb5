/**
 * Whether the server may still work on a generation whose session is not known here: a detached one
 * of another machine. Only the counters of the whole server say that it is over, and its pictures.
 */
import { unknownReason } from "../../detection/unknown_reason.ts";
import { AppError } from "../../errors.ts";
import { findImages, type FoundImages } from "../../generation/recovery/find_images.ts";
import { AWAY_LIMIT_MS } from "../../generation/recovery/follow_work.ts";
import type { RequestNote } from "../../generation/recovery/request_note.ts";
import type { ImageServer } from "../../generation/server/image_server.ts";
import type { ServerSession } from "../../generation/session.ts";
import type { CommandContext } from "../context.ts";
import type { Observer } from "../observer.ts";

/** Time between two looks, in milliseconds: who watches is told of an end within three seconds. */
export const WHOLE_INTERVAL_MS = 1_500;
/** How many looks there are for each one at the pictures, whose list is a large answer. */
const PICTURES_EVERY = 6;

/** What it asks. */
export interface AskedWhole {
  readonly observer: Observer;
  readonly server: ImageServer;
  readonly clock: CommandContext["clock"];
  readonly until: AbortSignal;
}

/** See the top of this file. */
export class WholeServer {
  readonly #note: RequestNote;
  readonly #options: AskedWhole;
  #session: ServerSession | null = null;
  #awaySinceMs: number | null = null;
  #looks = 0;

  constructor(note: RequestNote, options: AskedWhole) {
    this.#note = note;
    this.#options = options;
  }

  /**
   * Asks once.
   *
   * @throws {AppError} If it can never be known here, and not all of its pictures are there.
   */
  async mayWork(): Promise<boolean> {
    const { observer, clock } = this.#options;
    const { report } = await observer.look({ models: false, isQuiet: true });
    if (report.verdict === "idle") return false;
    if (report.reach === "offline") {
      this.#awaySinceMs ??= clock.monotonicMs();
      return clock.monotonicMs() - this.#awaySinceMs < AWAY_LIMIT_MS;
    }
    this.#awaySinceMs = null;
    if (this.#looks++ % PICTURES_EVERY === 0 && (await this.#find())?.reason === null) return false;
    if (unknownReason(report)?.isLasting) throw untold(this.#note);
    return true;
  }

  /** The pictures that are there now; `null`: nobody can tell. */
  async #find(): Promise<FoundImages | null> {
    const { server, clock, until } = this.#options;
    this.#session ??= await server.newSession().catch(() => null);
    if (this.#session === null) return null;
    return await findImages(this.#note, {
      server,
      session: this.#session,
      clock,
      known: [],
      giveUp: until,
      listedWithinMs: 0,
    });
  }
}

/** The error where nobody here can know how a generation of another machine has ended. */
export function untold({ id }: RequestNote): AppError {
  return new AppError(
    "unknown",
    `Cannot tell how ${id} ended: nothing is heard of the machine that started it, and not ` +
      "all of its pictures are on the server (the server may be working on it)",
  );
}
