/** Collects what a generation has delivered so far. Pure except for its own memory. */
import type { MadeImage } from "../server/image_server.ts";

/** SwarmUI's answer to an interrupted request (`swarmui-protocol.md §3.5`). */
const INTERRUPTED_TEXT = "Generation session interrupted.";

/**
 * How many more images than requested are accepted. A workflow may deliver several for each run, in
 * a batch that the server's presets enlarge.
 */
export const EXTRA_IMAGES_MAX = 100;
/** The most that pictures may take that came as text in the server's answers, in UTF-16 units. */
const DATA_MAX = 1024 ** 3;
/**
 * How many errors and doubts are kept. A real server sends at most one for each image; a hostile
 * one may send more.
 */
const WORDS_MAX = 100;

/** The state of a generation by what it has delivered. */
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

  /**
   * @param imagesTotal How many images were requested: those whose index is below it (§3.6, §4.3).
   */
  constructor(imagesTotal: number) {
    this.#imagesTotal = imagesTotal;
  }

  /** The server's own words, foreign text. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  /** What could not be read or used, in lower case; may hold foreign text. */
  get doubts(): readonly string[] {
    // An extension on the server did that (`swarmui-protocol.md §3.6`); nobody interrupted anything.
    const count = [...this.#discarded].filter((index) => this.#isAsked(index)).length;
    return count === 0
      ? this.#doubts
      : [...this.#doubts, `the server took back ${count} of the requested images`];
  }

  /** The limits that were reached, as sentences. */
  get notes(): readonly string[] {
    return [...this.#notes];
  }

  /** Adds a picture, and says which of the requested images it is; `null`: none of them. */
  add(image: MadeImage): number | null {
    // Plain HTTP gives no index, only the order in which images were finished.
    const index = image.index ?? this.#images.size;
    const isAsked = this.#isAsked(index);
    const before = this.#images.get(index);
    if (isAsked && before?.path === image.path) {
      this.#images.set(index, image);
      return index;
    }
    if (!this.#hasRoom(image)) return null;
    // A second picture with the same index is kept too: no picture is lost.
    if (isAsked && before === undefined) {
      this.#images.set(index, image);
      return index;
    }
    this.#extras.push(image);
    return null;
  }

  /**
   * Adds pictures that were found in another way. No picture is dropped because its index is taken
   * or not known: it gets the first free one.
   */
  recover(found: readonly MadeImage[]): void {
    const known = new Set([...this.#images.values(), ...this.#extras].map(({ path }) => path));
    for (const image of found) {
      if (known.has(image.path)) continue;
      const isFree = image.index !== null && !this.#images.has(image.index);
      this.add(isFree ? image : { ...image, index: this.#firstFree() });
    }
  }

  /** Removes images that the server withdrew. */
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

  /** Adds something that could not be read or used. */
  addDoubt(message: string): void {
    if (this.#doubts.length < WORDS_MAX) this.#doubts.push(message);
  }

  /** Adds a limit that was reached; each is reported only once. */
  addNote(message: string): void {
    if (this.#notes.size < WORDS_MAX) this.#notes.add(message);
  }

  /** The requested images that arrived and were not withdrawn, by index. */
  arrived(): readonly MadeImage[] {
    return [...this.#images.entries()]
      .filter(([index]) => !this.#discarded.has(index))
      .sort(([a], [b]) => a - b)
      .map(([, image]) => image);
  }

  /** Grids, intermediate pictures and other outputs, in the order in which they came. */
  extras(): readonly MadeImage[] {
    return this.#extras.filter(({ index }) => index === null || !this.#discarded.has(index));
  }

  /**
   * How it ended. Fewer images than requested and no error mean that it was interrupted from
   * elsewhere (`swarmui-protocol.md §8.2`), provided that everything that came could be read and was
   * not withdrawn.
   */
  judge(): Harvest {
    if (this.#hasFailed) return "failed";
    if (this.#wasInterrupted) return "interrupted";
    if (this.arrived().length >= this.#imagesTotal) return "complete";
    return this.doubts.length > 0 ? "failed" : "interrupted";
  }

  #isAsked(index: number): boolean {
    return index >= 0 && index < this.#imagesTotal;
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
