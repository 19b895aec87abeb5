/** Whether a picture is whole, by its own structure: for bodies whose end proves nothing. Pure. */

/** What the bytes say. `unknown`: it is of another kind, or its structure is not as it should be. */
export type Wholeness = "whole" | "cut" | "unknown";

/** What a walk wants next: bytes to look at, bytes to pass over, or the byte after the next 0xFF. */
type Want = { readonly take: number } | { readonly skip: number } | "marker";

type Walk = Generator<Want, "whole" | "unknown", Uint8Array<ArrayBuffer>>;

const PNG = "\x89PNG\r\n\x1a\n";

/** Follows a picture piece by piece. Whatever comes after its end is of no interest. */
export class PictureEnd {
  readonly #walk = walk();
  #next = this.#walk.next();
  #taken = new Uint8Array(0);
  #skipped = 0;
  #isMarker = false;

  /** Looks at the next bytes. */
  push(piece: Uint8Array): void {
    for (let rest = piece; rest.length > 0 && !this.#next.done;) {
      rest = this.#feed(rest, this.#next.value);
    }
  }

  /** What is known once the last bytes were looked at. */
  get wholeness(): Wholeness {
    return this.#next.done ? this.#next.value : "cut";
  }

  /** Gives a walk what it wants, or some of it; gives back the bytes after that. */
  #feed(bytes: Uint8Array, want: Want): Uint8Array {
    if (want === "marker") return this.#findMarker(bytes);
    if ("skip" in want) {
      const count = Math.min(bytes.length, want.skip - this.#skipped);
      this.#skipped += count;
      if (this.#skipped === want.skip) this.#advance(new Uint8Array(0));
      return bytes.subarray(count);
    }
    const count = Math.min(bytes.length, want.take - this.#taken.length);
    this.#taken = new Uint8Array([...this.#taken, ...bytes.subarray(0, count)]);
    if (this.#taken.length === want.take) this.#advance(this.#taken);
    return bytes.subarray(count);
  }

  #findMarker(bytes: Uint8Array): Uint8Array {
    if (!this.#isMarker) {
      const at = bytes.indexOf(0xff);
      if (at < 0) return bytes.subarray(bytes.length);
      this.#isMarker = true;
      return bytes.subarray(at + 1);
    }
    this.#isMarker = false;
    this.#advance(new Uint8Array(bytes.subarray(0, 1)));
    return bytes.subarray(1);
  }

  #advance(found: Uint8Array<ArrayBuffer>): void {
    this.#taken = new Uint8Array(0);
    this.#skipped = 0;
    this.#next = this.#walk.next(found);
  }
}

function* walk(): Walk {
  const start = yield { take: 4 };
  const name = textOf(start);
  if (name === PNG.slice(0, 4)) {
    return textOf(yield { take: 4 }) === PNG.slice(4) ? yield* walkPng() : "unknown";
  }
  if (name === "RIFF") {
    yield { skip: numberOf((yield { take: 4 }).reverse()) };
    return "whole";
  }
  return name.startsWith("\xff\xd8\xff") ? yield* walkJpeg(numberOf(start) & 0xff) : "unknown";
}

/** Chunks: a length, a name, so many bytes, a checksum; the last is IEND. */
function* walkPng(): Walk {
  for (;;) {
    const length = numberOf(yield { take: 4 });
    const name = textOf(yield { take: 4 });
    if (!/^[A-Za-z]{4}$/.test(name)) return "unknown";
    yield { skip: length + 4 };
    if (name === "IEND") return "whole";
  }
}

/** Segments: 0xFF, a marker, a length, so many bytes; the picture itself has no length. */
function* walkJpeg(first: number): Walk {
  let marker = first;
  for (;;) {
    while (marker === 0xff) marker = byteOf(yield { take: 1 });
    if (marker === 0xd9) return "whole";
    const length = numberOf(yield { take: 2 });
    if (length < 2) return "unknown";
    if (length > 2) yield { skip: length - 2 };
    if (marker === 0xda) {
      // 0xFF in the picture itself is followed by 0 or by a restart mark.
      do marker = byteOf(yield "marker"); while (marker === 0 || (marker & 0xf8) === 0xd0);
    } else {
      if (byteOf(yield { take: 1 }) !== 0xff) return "unknown";
      marker = byteOf(yield { take: 1 });
    }
  }
}

function byteOf(bytes: Uint8Array): number {
  return bytes[0] ?? 0;
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** An unsigned number, its highest byte first. */
function numberOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}
