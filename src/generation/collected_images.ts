/** What a generation has brought so far. Pure but for its own memory. */
import type { MadeImage } from "./image_server.ts";

/** What SwarmUI says to an interrupted request (`swarmui-protocol.md §3.5`). */
const INTERRUPTED_TEXT = "Generation session interrupted.";

/** How a generation looks from what it has brought. */
export type Harvest = "complete" | "interrupted" | "failed";

/** Collects the images and errors of one generation. */
export class CollectedImages {
  readonly #imagesTotal: number;
  readonly #images = new Map<number, MadeImage>();
  readonly #extras: MadeImage[] = [];
  readonly #discarded = new Set<number>();
  readonly #errors: string[] = [];

  /** @param imagesTotal Images asked for: those with the indices below it (§3.6, §4.3). */
  constructor(imagesTotal: number) {
    this.#imagesTotal = imagesTotal;
  }

  /** The server's own words, foreign text. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  /** Takes a picture in, and says which image asked for it is; `null`: none of them. */
  add(image: MadeImage): number | null {
    // Plain HTTP gives no index: the order of completion is all there is.
    const index = image.index ?? this.#images.size;
    const isAsked = index >= 0 && index < this.#imagesTotal;
    // Whatever comes a second time under an index is kept too: no picture is lost.
    if (isAsked && (this.#images.get(index)?.path ?? image.path) === image.path) {
      this.#images.set(index, image);
      return index;
    }
    this.#extras.push(image);
    return null;
  }

  /** Images that the server took back. */
  discard(indices: readonly number[]): void {
    for (const index of indices) this.#discarded.add(index);
  }

  addError(message: string): void {
    this.#errors.push(message);
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
   * elsewhere (`swarmui-protocol.md §8.2`).
   */
  judge(): Harvest {
    const isWhole = this.arrived().length >= this.#imagesTotal;
    if (isWhole && this.#errors.length === 0) return "complete";
    return this.#errors.some((text) => text !== INTERRUPTED_TEXT) ? "failed" : "interrupted";
  }
}
