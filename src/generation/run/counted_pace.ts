/**
 * The pace of a generation by its session's counters alone, which are only looked at now and then.
 * Pure except for its own memory. Times are in milliseconds on a clock that stands still while nothing
 * is made.
 */

/** So many images must be done before their number alone, without the time of the last one, tells the pace. */
export const COUNT_MIN = 3;

/** How many images are done, at an instant. */
export interface DoneAt {
  readonly atMs: number;
  /** In images; a part of one counts too. */
  readonly done: number;
}

/** Measures the time between the ends of images. */
export class CountedPace {
  /** An instant when an image began. */
  #begun: DoneAt | null;
  /** When the last image ended. */
  #ended: DoneAt | null = null;
  #looked: DoneAt | null = null;
  /** When the request was sent, until the first look. */
  #sent: DoneAt | null = null;
  /** Whether it may be in the middle of an image when it is first looked at. */
  #isJoined: boolean;

  /** @param joined Where it was when it was joined; `begun: null`: that is not known. */
  constructor(joined: { readonly begun: DoneAt | null } | null) {
    this.#isJoined = joined !== null;
    this.#begun = joined?.begun ?? null;
  }

  /** Nothing is made before this, and the first image at once unless the first look says otherwise. */
  begin(atMs: number): void {
    this.#looked = this.#sent = { atMs, done: 0 };
  }

  /** Takes in a look, and says whether an image has ended since the last one. */
  look({ atMs, done }: DoneAt, { isAtWork }: { readonly isAtWork: boolean }): boolean {
    const before = this.#looked;
    this.#looked = { atMs, done };
    // What is seen now has happened since the last look.
    const about = { atMs: (atMs + (before?.atMs ?? atMs)) / 2, done };
    if (!isAtWork) this.#isJoined = false;
    else if (!this.#isJoined) this.#begun ??= this.#sent ?? about;
    this.#sent = null;
    if (before === null || done <= before.done) return false;
    if (this.#begun === null) this.#begun = about;
    else this.#ended = about;
    return true;
  }

  /** How long so many images still take; `null`: not known. */
  remainingMs(left: number, atMs: number): number | null {
    if (this.#begun === null || this.#looked === null) return null;
    const { done } = this.#looked;
    // Where the end of no image was seen, it is taken to be in the middle of the next one.
    const last = this.#ended ??
      (done - this.#begun.done < COUNT_MIN ? null : { ...this.#looked, done: done + 0.5 });
    if (last === null || last.done <= this.#begun.done) return null;
    const each = (last.atMs - this.#begun.atMs) / (last.done - this.#begun.done);
    return Math.max(0, each * (left + done - last.done) - (atMs - last.atMs));
  }
}
