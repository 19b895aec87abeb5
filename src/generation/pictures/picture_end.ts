/**
 * Whether a picture, video or sound is whole, by its own structure: a length that the server names is
 * only its word, and may be that of a part. Pure.
 */
import { textOf, type Walk, type Wholeness } from "./file_walk.ts";
import { walkGif, walkGlb, walkJpeg, walkPng, walkRiff } from "./picture_walks.ts";
import { walkBoxes, walkElements } from "./video_walks.ts";

const NOTHING = new Uint8Array(0);

/** Follows a file piece by piece. Whatever comes after its end is of no interest. */
export class PictureEnd {
  readonly #walk: Walk = walkFile();
  #next = this.#walk.next();
  #taken = NOTHING;
  #skipped = 0;
  #isMarker = false;

  /** Looks at the next bytes. */
  push(piece: Uint8Array): void {
    for (let rest = piece; rest.length > 0 && !this.#next.done;) rest = this.#feed(rest);
  }

  /** What is known once the last bytes were looked at. */
  get wholeness(): Wholeness {
    if (this.#next.done) return this.#next.value;
    const want = this.#next.value;
    return typeof want === "object" && "take" in want ? want.atEnd ?? "cut" : "cut";
  }

  /** Gives a walk what it wants, or some of it; gives back the bytes after that. */
  #feed(bytes: Uint8Array): Uint8Array {
    if (this.#next.done) return bytes;
    const want = this.#next.value;
    if (want === "filled") this.#isMarker = true;
    if (want === "marker" || want === "filled") return this.#findMarker(bytes);
    if ("skip" in want) {
      const count = Math.min(bytes.length, want.skip - this.#skipped);
      this.#skipped += count;
      if (this.#skipped === want.skip) this.#advance(NOTHING);
      return bytes.subarray(count);
    }
    const { take } = want;
    if (this.#taken.length === 0 && bytes.length >= take) {
      this.#advance(new Uint8Array(bytes.subarray(0, take)));
      return bytes.subarray(take);
    }
    const count = Math.min(bytes.length, take - this.#taken.length);
    this.#taken = new Uint8Array([...this.#taken, ...bytes.subarray(0, count)]);
    if (this.#taken.length === take) this.#advance(this.#taken);
    return bytes.subarray(count);
  }

  #findMarker(bytes: Uint8Array): Uint8Array {
    for (let at = 0;;) {
      if (!this.#isMarker) {
        at = bytes.indexOf(0xff, at) + 1;
        if (at === 0) return NOTHING;
        this.#isMarker = true;
      }
      while (bytes[at] === 0xff) at++;
      const marker = bytes[at++];
      if (marker === undefined) return NOTHING;
      this.#isMarker = false;
      if (marker === 0) continue;
      this.#advance(Uint8Array.of(marker));
      return bytes.subarray(at);
    }
  }

  #advance(found: Uint8Array<ArrayBuffer>): void {
    this.#taken = NOTHING;
    this.#skipped = 0;
    this.#next = this.#walk.next(found);
  }
}

const PNG = "\x89PNG\r\n\x1a\n";

/** The way through a file of any kind. */
function* walkFile(): Walk {
  const start = yield { take: 4 };
  const name = textOf(start);
  if (name.startsWith("\xff\xd8\xff")) return yield* walkJpeg(start);
  switch (name) {
    case PNG.slice(0, 4):
      return textOf(yield { take: 4 }) === PNG.slice(4) ? yield* walkPng() : "unknown";
    case "RIFF":
      return yield* walkRiff();
    case "GIF8":
      return yield* walkGif();
    case "glTF":
      return yield* walkGlb();
    case "\x1aE\xdf\xa3":
      return yield* walkElements();
  }
  const type = yield { take: 4 };
  return /^(ftyp|moov|mdat|wide)$/.test(textOf(type)) ? yield* walkBoxes(start, type) : "unknown";
}
