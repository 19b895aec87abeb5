/**
 * Finds the ends of pictures and similar files. Only lengths, names of parts and end marks are
 * read, not the contents of the parts. Pure.
 */
import { byteOf, littleNumberOf, numberOf, textOf, type Walk, type Want } from "./file_walk.ts";

/** Chunks: a length, a name, that many bytes, a checksum; the last one is IEND. */
export function* walkPng(): Walk {
  let hasPixels = false;
  for (let isFirst = true;; isFirst = false) {
    const length = numberOf(yield { take: 4 });
    const name = textOf(yield { take: 4 });
    if (isFirst ? name !== "IHDR" : !/^[A-Za-z]{4}$/.test(name)) return "damaged";
    hasPixels ||= name === "IDAT" && length > 0;
    yield { skip: length + 4 };
    if (name === "IEND") return hasPixels ? "whole" : "damaged";
  }
}

/**
 * A length, after which nothing follows; programs that could not know it write 0 or the largest
 * number.
 */
export function* walkRiff(): Walk {
  const length = littleNumberOf(yield { take: 4 });
  const isWebp = textOf(yield { take: 4 }) === "WEBP";
  if (length === 0 || length === 0xffff_ffff) return isWebp ? "damaged" : "unknown";
  if (length < (isWebp ? 16 : 4)) return "damaged";
  if (length > 4) yield { skip: length - 4 };
  return "whole";
}

/**
 * Pictures and extensions, each a sequence of pieces of up to 255 bytes that ends with an empty
 * piece.
 */
export function* walkGif(): Walk {
  const head = yield { take: 9 };
  if (!/^[79]a$/.test(textOf(head.subarray(0, 2)))) return "damaged";
  yield* skipColours(head[6]);
  for (let hasPicture = false;;) {
    const mark = byteOf(yield { take: 1 });
    if (mark === 0x3b) return hasPicture ? "whole" : "damaged";
    if (mark === 0x2c) {
      hasPicture = true;
      yield* skipColours((yield { take: 9 })[8]);
    } else if (mark !== 0x21) return "damaged";
    yield { skip: 1 };
    for (let size; (size = byteOf(yield { take: 1 })) > 0;) yield { skip: size };
  }
}

function* skipColours(flags = 0): Generator<Want, void, Uint8Array<ArrayBuffer>> {
  if ((flags & 0x80) !== 0) yield { skip: 3 * 2 ** ((flags & 7) + 1) };
}

/** The whole length follows the version. */
export function* walkGlb(): Walk {
  const length = littleNumberOf((yield { take: 8 }).slice(4));
  if (length <= 12) return "damaged";
  yield { skip: length - 12 };
  return "whole";
}

/**
 * Segments: 0xFF, a marker, a length, that many bytes; the picture data itself has no length. Bytes
 * between segments are skipped, as programs that show JPEGs do.
 */
export function* walkJpeg(start: Uint8Array): Walk {
  let hasPixels = false;
  for (let marker = byteOf(start.subarray(3));;) {
    while (marker === 0xff) marker = byteOf(yield { take: 1 });
    if (marker === 0xd9) return hasPixels ? "whole" : "damaged";
    if (!isAlone(marker)) {
      const length = numberOf(yield { take: 2 });
      if (length < 2) return "damaged";
      if (length > 2) yield { skip: length - 2 };
      hasPixels ||= marker === 0xda;
    }
    // In the picture data, 0xFF is followed by 0 or by a restart marker.
    do marker = byteOf(yield "marker"); while (isAlone(marker));
  }
}

/** Whether a marker has no length. */
function isAlone(marker: number): boolean {
  return marker <= 1 || (marker >= 0xd0 && marker <= 0xd8);
}
