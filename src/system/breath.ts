/** How long work goes on at a stretch, in milliseconds. */
const STRETCH_MS = 10;

/**
 * Lets other work go on in the middle of long work: a hundred thousand looks at files, one after
 * another, would keep answers of the server unread until they count as too late.
 */
export class Breath {
  #sinceMs = performance.now();

  /** Called before each step; now and then it waits for the others. */
  async take(): Promise<void> {
    if (performance.now() - this.#sinceMs < STRETCH_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#sinceMs = performance.now();
  }
}
