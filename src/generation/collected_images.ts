/** What a generation has brought so far. Pure but for its own memory. */
import type { MadeImage } from "./image_server.ts";

/** What SwarmUI says to an interrupted request (`swarmui-protocol.md §3.5`). */
const INTERRUPTED_TEXT = "Generation session interrupted.";

/** How a generation looks from what it has brought. */
export type Harvest = "complete" | "interrupted" | "failed";

/** Collects the images and errors of one generation. */
export class CollectedImages {
  readonly #images = new Map<number, MadeImage>();
  readonly #discarded = new Set<number>();
  readonly #errors: string[] = [];

  /** The server's own words, foreign text. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  /** Takes a finished image in, and says which one it is. */
  add(image: MadeImage): number {
    // Plain HTTP gives no index: the order of completion is all there is.
    const index = image.index ?? this.#images.size;
    this.#images.set(index, image);
    return index;
  }

  /** Images that the server took back. */
  discard(indices: readonly number[]): void {
    for (const index of indices) this.#discarded.add(index);
  }

  addError(message: string): void {
    this.#errors.push(message);
  }

  /** What arrived and was not taken back, by index; no grids, no intermediate pictures. */
  arrived(): readonly MadeImage[] {
    return [...this.#images.entries()]
      .filter(([index]) => index >= 0 && !this.#discarded.has(index))
      .sort(([a], [b]) => a - b)
      .map(([, image]) => image);
  }

  /**
   * How it ended: fewer images than asked for without any error mean that it was interrupted from
   * elsewhere (`swarmui-protocol.md §8.2`).
   */
  judge(imagesTotal: number): Harvest {
    const isWhole = this.arrived().length >= imagesTotal;
    if (isWhole && this.#errors.length === 0) return "complete";
    return this.#errors.some((text) => text !== INTERRUPTED_TEXT) ? "failed" : "interrupted";
  }
}
