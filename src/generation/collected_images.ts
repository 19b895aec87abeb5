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

/** How a generation looks from what it has brought. */
export type Harvest = "complete" | "interrupted" | "failed";

/** Collects the images and errors of one generation. */
export class CollectedImages {
  readonly #imagesTotal: number;
  readonly #images = new Map<number, MadeImage>();
  readonly #extras: MadeImage[] = [];
  readonly #discarded = new Set<number>();
  readonly #errors: string[] = [];
  readonly #doubts: string[] = [];
  readonly #notes = new Set<string>();
  #wasInterrupted = false;
  #hasFailed = false;
  #dataLength = 0;

  /** @param imagesTotal Images asked for: those with the indices below it (§3.6, §4.3). */
  constructor(imagesTotal: number) {
    this.#imagesTotal = imagesTotal;
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

  /** Takes a picture in, and says which image asked for it is; `null`: none of them. */
  add(image: MadeImage): number | null {
    // Plain HTTP gives no index: the order of completion is all there is.
    const index = image.index ?? this.#images.size;
    const isAsked = index >= 0 && index < this.#imagesTotal;
    const before = this.#images.get(index);
    if (isAsked && before?.path === image.path) {
      this.#images.set(index, image);
      return index;
    }
    if (!this.#hasRoom(image)) return null;
    // Whatever comes a second time under an index is kept too: no picture is lost.
    if (isAsked && before === undefined) {
      this.#images.set(index, image);
      return index;
    }
    this.#extras.push(image);
    return null;
  }

  /**
   * Takes in what was found of a request in another way, beside what came before. An index that is
   * taken or not known is no reason to lose a picture: the first free one is its own then.
   */
  recover(found: readonly MadeImage[]): void {
    const known = new Set([...this.#images.values(), ...this.#extras].map(({ path }) => path));
    for (const image of found) {
      if (known.has(image.path)) continue;
      const isFree = image.index !== null && !this.#images.has(image.index);
      this.add(isFree ? image : { ...image, index: this.#firstFree() });
    }
  }

  /** Images that the server took back. */
  discard(indices: readonly number[]): void {
    for (const index of indices) {
      if (this.#discarded.size < this.#most) this.#discarded.add(index);
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

  /** The images asked for that arrived and were not taken back, by index. */
  arrived(): readonly MadeImage[] {
    return [...this.#images.entries()]
      .filter(([index]) => !this.#discarded.has(index))
      .sort(([a], [b]) => a - b)
      .map(([, image]) => image);
  }

  /** Grids, intermediate pictures and other outputs, in the order of their coming. */
  extras(): readonly MadeImage[] {
    return this.#extras.filter(({ index }) => index === null || !this.#discarded.has(index));
  }

  /**
   * How it ended: fewer images than asked for without any error mean that it was interrupted from
   * elsewhere (`swarmui-protocol.md §8.2`), if all that came could be read.
   */
  judge(): Harvest {
    if (this.#hasFailed) return "failed";
    if (this.#wasInterrupted) return "interrupted";
    if (this.arrived().length >= this.#imagesTotal) return "complete";
    return this.#doubts.length > 0 ? "failed" : "interrupted";
  }

  #firstFree(): number {
    let index = 0;
    while (this.#images.has(index)) index++;
    return index;
  }

  get #most(): number {
    return this.#imagesTotal + EXTRA_IMAGES_MAX;
  }

  #hasRoom({ path }: MadeImage): boolean {
    if (this.#images.size + this.#extras.length >= this.#most) {
      this.addNote(`The server sent more than ${this.#most} images: the rest is left out`);
      return false;
    }
    if (this.#dataLength + path.length > DATA_MAX) {
      this.addDoubt(`the pictures in the server's answers take more than ${DATA_MAX} characters`);
      return false;
    }
    this.#dataLength += path.length;
    return true;
  }
}
