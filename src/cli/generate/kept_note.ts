/** The note of a request while its generation runs: it is written anew when the server tells more. */
import type { RunPictures } from "../../generation/run/heard_run.ts";
import type {
  RequestEnd,
  RequestLog,
  RequestNote,
} from "../../generation/recovery/request_note.ts";
import { bareImage, keptOnly } from "../../generation/recovery/request_note.ts";

/**
 * Keeps one note, so that whoever comes after this process knows what it knew. Writes follow each other:
 * news that come during one are in the next. Never throws.
 */
export class KeptNote {
  readonly #log: RequestLog | null;
  #note: RequestNote;
  #pictures: (() => RunPictures) | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isDue = false;

  constructor(note: RequestNote, log: RequestLog | null) {
    this.#note = note;
    this.#log = log;
  }

  /** Writes it for the first time. */
  async begin(): Promise<void> {
    await this.#log?.put(this.#note);
  }

  /** The server has the request, and has told of these pictures; written soon. */
  take(pictures: () => RunPictures): void {
    this.#pictures = pictures;
    if (this.#isDue || this.#log === null) return;
    this.#isDue = true;
    this.#writing = this.#writing.then(() => this.#write());
  }

  /** Resolves when all that was taken in is written: a process that leaves waits for it. */
  get written(): Promise<void> {
    return this.#writing;
  }

  /** Notes how it ended, after whatever is being written; nothing else is written then. */
  async end(end: RequestEnd): Promise<void> {
    this.#pictures = null;
    await this.#writing;
    this.#note = { ...this.#note, isAccepted: true, announced: [], end };
    await this.#log?.put(this.#note);
  }

  async #write(): Promise<void> {
    this.#isDue = false;
    if (this.#pictures === null) return;
    const { images, extras } = keptOnly(this.#pictures());
    const announced = [...images, ...extras].map(bareImage);
    this.#note = { ...this.#note, isAccepted: true, announced };
    await this.#log?.put(this.#note);
  }
}
