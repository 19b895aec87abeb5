/**
 * Finds a request's pictures in the server's history if the connection that should have delivered
 * them was lost (`swarmui-protocol.md §20.7`). If not all can be found, it says why. It never
 * guesses.
 */
import {
  AppError,
  PermissionError,
  ServerRefusedError,
  ServerUnreachableError,
} from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { QUESTION_LIMIT_MS } from "./follow_work.ts";
import type { HistoryImage, ImageServer, MadeImage } from "../server/image_server.ts";
import { HISTORY_MAX } from "../server/image_server.ts";
import type { ServerSession } from "../session.ts";
import { limitTime, untilAborted } from "../until_aborted.ts";

/**
 * How long to look for a missing picture, in milliseconds: the server lists one within a second.
 */
const LISTED_WITHIN_MS = 2_000;
/** How long a server without an answer is asked again, in milliseconds. */
const ANSWER_WITHIN_MS = 120_000;
const PAUSE_MS = 250;
/** How many levels of folders below the user's folder are searched. SwarmUI makes five at most. */
const DEPTH = 8;

/** What is known about a request's pictures before they are found. */
export interface ImageTrail {
  /** The tag in their metadata; `null`: they have none, and are recognised by seed and model. */
  readonly tag: string | null;
  /** The seed of the first one, as decimal text; `null`: not known. */
  readonly seed: string | null;
  readonly model: string;
  /** How many were requested. */
  readonly images: number;
  /** When they were requested, epoch milliseconds. */
  readonly startedAt: number;
  /** True if the request itself told the server to keep no file (`donotsave`). Absent: it did not. */
  readonly doNotSave?: boolean;
}

/** What was found. */
export interface FoundImages {
  /** The request's pictures. The index is found by the seed; `null` if the picture has none. */
  readonly images: readonly MadeImage[];
  /** Why some are missing, in lower case; `null`: all were found. */
  readonly reason: string | null;
  /** True if there may be more: the history did not tell of all that the server has made. */
  readonly mayBeMore: boolean;
}

/** What keeps pictures from being found. */
type Lack = Pick<FoundImages, "mayBeMore"> & { readonly reason: string };

/** Where to look for pictures. */
export interface FindOptions {
  readonly server: Pick<ImageServer, "history" | "keptPictures">;
  readonly session: ServerSession;
  readonly clock: Clock;
  /**
   * Paths of the request that the server named before; they show in which folder the others are.
   */
  readonly known: readonly string[];
  readonly giveUp: AbortSignal;
  /** How long to wait for a picture that is not listed yet, in milliseconds. @default {2000} */
  readonly listedWithinMs?: number;
}

/** Looks for all pictures of a request. Never throws because of the server. */
export async function findImages(trail: ImageTrail, options: FindOptions): Promise<FoundImages> {
  return await new Search(trail, options).run();
}

const NONE = { reason: null, mayBeMore: false };
const NOT_SAVED = mayBeMore(
  "the request told the server to keep no pictures (the parameter donotsave)",
);
const UNTAGGED = mayBeMore(
  "without a tag (--no-tag) only pictures of the expected seed and model can be recognised in the " +
    "server's history",
);
/** The server tells why it made no picture only to who asked, and in its log. */
const NOT_HELD = "the server's history does not hold the rest: it failed to make them or was " +
  "stopped, and only its log says which";

function mayBeMore(reason: string): Lack {
  return { reason, mayBeMore: true };
}

class Search {
  readonly #trail: ImageTrail;
  readonly #options: FindOptions;
  readonly #found = new Map<string, HistoryImage>();
  /** Whether a list was as long as lists can be. */
  #isCut = false;

  constructor(trail: ImageTrail, options: FindOptions) {
    this.#trail = trail;
    this.#options = options;
  }

  async run(): Promise<FoundImages> {
    const { clock, giveUp, listedWithinMs = LISTED_WITHIN_MS } = this.#options;
    if (this.#trail.doNotSave === true) return { images: [], ...NOT_SAVED };
    using limit = limitTime(ANSWER_WITHIN_MS, { clock, giveUp });
    let answeredMs: number | null = null;
    let failure: Error | null = null;
    while (!limit.signal.aborted) {
      try {
        await this.#lookEverywhere(limit.signal);
        failure = null;
        if (this.#isComplete) break;
        answeredMs ??= clock.monotonicMs();
        if (clock.monotonicMs() - answeredMs >= listedWithinMs) break;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        failure = error;
        if (error instanceof ServerRefusedError || error instanceof PermissionError) break;
      }
      await clock.sleep(PAUSE_MS, limit.signal);
    }
    const lack = this.#isComplete ? NONE : await this.#lack(failure, limit.signal);
    return { images: this.#images(), ...lack };
  }

  get #isComplete(): boolean {
    return this.#found.size >= this.#trail.images;
  }

  /** Looks in the likely folder first, because the answer for a whole history can be long. */
  async #lookEverywhere(signal: AbortSignal): Promise<void> {
    const folder = this.#options.known.map(folderOf).find((one) => one !== null) ??
      dayFolder(this.#trail.startedAt);
    await this.#look({ folder, depth: 1 }, signal);
    if (this.#isComplete) return;
    this.#isCut = false;
    await this.#look({ folder: "", depth: DEPTH }, signal);
    if (this.#isComplete || !this.#isCut) return;
    // The date on the server may differ from the date here.
    for (const days of [-1, 1]) {
      const other = dayFolder(this.#trail.startedAt + days * 86_400_000);
      await this.#look({ folder: other, depth: 1 }, signal);
    }
  }

  async #look(
    place: { readonly folder: string; readonly depth: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { server, session, clock } = this.#options;
    // A question that hangs in a lost connection says nothing about the server.
    using limit = limitTime(QUESTION_LIMIT_MS, { clock, giveUp: signal });
    const listed = await untilAborted(server.history(session, place), limit.signal);
    if (listed === null) throw new ServerUnreachableError("no answer in time");
    if (listed.length >= HISTORY_MAX) this.#isCut = true;
    for (const image of this.#trail.tag === null ? this.#bySeed(listed) : listed) {
      if (this.#trail.tag !== null && image.tag !== this.#trail.tag) continue;
      if (!image.isGrid) this.#found.set(image.path, image);
    }
  }

  /** The newest picture of each seed, of the same model and without the tag of another request. */
  #bySeed(listed: readonly HistoryImage[]): readonly HistoryImage[] {
    const model = stemOf(this.#trail.model);
    const seen = new Set([...this.#found.values()].map(({ seed }) => seed));
    return listed.filter((image) => {
      const index = this.#indexOf(image);
      if (index === null || image.model !== model || image.tag !== null || image.isGrid) {
        return false;
      }
      if (seen.has(image.seed)) return false;
      seen.add(image.seed);
      return true;
    });
  }

  #images(): readonly MadeImage[] {
    // Lists have the newest first.
    return [...this.#found.values()].reverse().map((image) => ({
      index: this.#indexOf(image),
      path: image.path,
      seed: image.seed,
      ...(image.metadata === undefined ? {} : { metadata: image.metadata }),
    }));
  }

  /** Which of the requested images has this seed: seeds count up from the first. */
  #indexOf({ seed }: HistoryImage): number | null {
    if (seed === null || this.#trail.seed === null) return null;
    const index = BigInt(seed) - BigInt(this.#trail.seed);
    return index >= 0n && index < BigInt(this.#trail.images) ? Number(index) : null;
  }

  async #lack(failure: Error | null, signal: AbortSignal): Promise<Lack> {
    if (failure instanceof ServerRefusedError) {
      return mayBeMore(
        "this account may not list the server's pictures (it needs the permission " +
          "view_image_history)",
      );
    }
    if (failure !== null) {
      return mayBeMore(`the server's pictures could not be listed: ${failure.message}`);
    }
    const { server, session } = this.#options;
    const kept = await untilAborted(server.keptPictures(session).catch(() => null), signal);
    if (kept?.files === false) {
      return mayBeMore("the server keeps no pictures (the user setting SaveFiles is off)");
    }
    if (kept?.metadata === false) {
      return mayBeMore(
        "the server's pictures do not say which generation they belong to (the user setting SaveMetadata is off)",
      );
    }
    if (this.#isCut) {
      return mayBeMore(
        `the server lists the newest ${HISTORY_MAX} pictures only, and there are that many newer ones`,
      );
    }
    if (this.#trail.tag === null) return UNTAGGED;
    return { reason: NOT_HELD, mayBeMore: kept?.files !== true };
  }
}

/**
 * The folder of a path, below the user's folder; `null` if it is not the path of a picture in one.
 */
function folderOf(path: string): string | null {
  const below = /^\/?(?:View\/[^/]+|Output)\/(.*)$/s.exec(path)?.[1];
  if (below === undefined) return null;
  return below.includes("/") ? below.slice(0, below.lastIndexOf("/")) : "";
}

/**
 * The folder in which SwarmUI saves the pictures of a request by default (`swarmui-protocol.md
 * §3.4`).
 */
function dayFolder(timeMs: number): string {
  const time = new Date(timeMs);
  const [month, day] = [time.getMonth() + 1, time.getDate()].map((part) =>
    String(part).padStart(2, "0")
  );
  return `raw/${time.getFullYear()}-${month}-${day}`;
}

function stemOf(model: string): string {
  return model.replace(/\.(safetensors|ckpt|sft|gguf)$/i, "");
}
