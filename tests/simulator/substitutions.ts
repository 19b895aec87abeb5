/** Names that differ between a recording and a replay: session ids, paths of pictures. */
import { isObject } from "./transcript.ts";

const SESSION = /^[0-9a-f]{40}$/;
const PICTURE = /\d{4}-\d\d-\d\d\/\d{7}-/;

/** Learns which actual name belongs to which recorded one, and replaces them. */
export class Substitutions {
  readonly #pairs = new Map<string, string>();

  /** Whether the actual name for a recorded one is known already. */
  knows(recorded: string): boolean {
    return this.#pairs.has(recorded);
  }

  /** Learns from an answer and its recording. */
  learn(recorded: unknown, actual: unknown): void {
    if (typeof recorded === "string" && typeof actual === "string") {
      if (SESSION.test(recorded)) this.#pairs.set(recorded, actual);
      const from = PICTURE.exec(recorded)?.[0];
      const to = PICTURE.exec(actual)?.[0];
      if (from !== undefined && to !== undefined) this.#pairs.set(from, to);
    } else if (Array.isArray(recorded) && Array.isArray(actual)) {
      recorded.forEach((item, index) => this.learn(item, actual[index]));
    } else if (isObject(recorded) && isObject(actual)) {
      for (const [key, value] of Object.entries(recorded)) this.learn(value, actual[key]);
    }
  }

  /** Replaces all that is known. */
  apply(text: string): string {
    let replaced = text;
    for (const [from, to] of this.#pairs) replaced = replaced.replaceAll(from, to);
    return replaced;
  }
}
