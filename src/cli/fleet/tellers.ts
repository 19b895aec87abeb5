/** Which of several servers reports a generation. */
import type { DetectionEvent } from "../../detection/generation_events.ts";

/** For how many generations it is remembered which server reported them first. */
const REMEMBERED = 10_000;

/**
 * Decides which server reports a generation: the first one that did, so that a server with two
 * names does not report it twice.
 */
export class Tellers {
  readonly #names = new Map<string, string>();

  mayTell(event: DetectionEvent, name: string): boolean {
    if (event.kind === "verdict.changed") return true;
    const { id } = event.generation.record;
    const known = this.#names.get(id);
    if (known !== undefined) return known === name;
    this.#names.set(id, name);
    const [oldest] = this.#names.keys();
    if (this.#names.size > REMEMBERED && oldest !== undefined) this.#names.delete(oldest);
    return true;
  }
}
