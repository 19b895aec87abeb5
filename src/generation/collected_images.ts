/** What a generation has brought so far. Pure but for its own memory. */
import type { MadeImage } from "./image_server.ts";

/** What SwarmUI says to an interrupted request (`swarmui-protocol.md §3.5`). */
const INTERRUPTED_TEXT = "Generation session interrupted.";

/**
 * So many images more than were asked for are taken: a workflow may bring more than one for each run,
 * in a batch that the server's presets enlarge.
 */
export const EXTRA_IMAGES_MAX = 100;
/** The most that pictures may take which came as text in the server's answers, in UTF-16 units. */
const DATA_MAX = 1024 ** 3;
/** So many errors and doubts are kept; there are as many as images at most, but for a hostile server. */
const WORDS_MAX = 100;

/** The index of an image that is one too many. */
const NONE = -1;

/** How a generation looks from what it has brought. */
export type Harvest = "complete" | "interrupted" | "failed";

/** Collects the images and errors of one generation. */
export class CollectedImages {
  readonly #images = new Map<number, MadeImage>();
  readonly #discarded = new Set<number>();
  readonly #errors: string[] = [];
  readonly #doubts: string[] = [];
  readonly #notes = new Set<string>();
  readonly #imagesMax: number;
  #wasInterrupted = false;
  #hasFailed = false;
  #dataLength = 0;

  /** @param imagesTotal Images asked for. */
  constructor(imagesTotal: number) {
    this.#imagesMax = imagesTotal + EXTRA_IMAGES_MAX;
  }

  /** The server's own words, foreign text. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  /** What came that could not be read or used, in lower case; may hold foreign text. */
  get doubts(): readonly string[] {
    return this.#doubts;
  }

  /** The limits that were reached, as sentences. */
  get notes(): readonly string[] {
    return [...this.#notes];
  }

  /** Takes a finished image in, and says which one it is; negative: none of those asked for. */
  add(image: MadeImage): number {
    // Plain HTTP gives no index: the order of completion is all there is.
    const index = image.index ?? this.#images.size;
    // A grid or an intermediate picture is none that was asked for.
    if (index < 0) return index;
    const before = this.#images.get(index);
    if (before === undefined && this.#images.size >= this.#imagesMax) {
      this.addNote(`The server sent more than ${this.#imagesMax} images: the rest is left out`);
      return NONE;
    }
    const dataLength = this.#dataLength - (before?.path.length ?? 0) + image.path.length;
    if (dataLength > DATA_MAX) {
      this.addDoubt(`the pictures in the server's answers take more than ${DATA_MAX} characters`);
      return NONE;
    }
    this.#dataLength = dataLength;
    this.#images.set(index, image);
    return index;
  }

  /** Images that the server took back. */
  discard(indices: readonly number[]): void {
    for (const index of indices) {
      if (this.#discarded.size < this.#imagesMax) this.#discarded.add(index);
    }
  }

  addError(message: string): void {
    if (message === INTERRUPTED_TEXT) this.#wasInterrupted = true;
    else this.#hasFailed = true;
    if (this.#errors.length < WORDS_MAX) this.#errors.push(message);
  }

  /** Something that could not be read or used. */
  addDoubt(message: string): void {
    if (this.#doubts.length < WORDS_MAX) this.#doubts.push(message);
  }

  /** A limit that was reached; said once, however often it is. */
  addNote(message: string): void {
    if (this.#notes.size < WORDS_MAX) this.#notes.add(message);
  }

  /** What arrived and was not taken back, by index; no grids, no intermediate pictures. */
  arrived(): readonly MadeImage[] {
    return [...this.#images.entries()]
      .filter(([index]) => !this.#discarded.has(index))
      .sort(([a], [b]) => a - b)
      .map(([, image]) => image);
  }

  /**
   * How it ended: fewer images than asked for without any error mean that it was interrupted from
   * elsewhere (`swarmui-protocol.md §8.2`), if all that came could be read.
   */
  judge(imagesTotal: number): Harvest {
    if (this.#hasFailed) return "failed";
    if (this.#wasInterrupted) return "interrupted";
    if (this.arrived().length >= imagesTotal) return "complete";
    return this.#doubts.length > 0 ? "failed" : "interrupted";
  }
}
