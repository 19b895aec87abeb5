/**
 * Finds the ends of pictures and similar files. Only lengths, names of parts, end marks and the
 * picture's size are read, not the contents of the parts: a picture of no width or height is one
 * that no program shows. Pure.
 */
import { byteOf, littleNumberOf, numberOf, textOf, type Walk, type Want } from "./file_walk.ts";

/** The largest number in a PNG, by its specification. */
const PNG_NUMBER_MAX = 2 ** 31 - 1;
/** More parts than any program writes: a file of nothing but empty ones would take minutes. */
const PARTS_MAX = 1_000_000;
/** By the colour type of a PNG: how many bits each sample may have. */
const PNG_DEPTHS: ReadonlyMap<number, readonly number[]> = new Map([
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [3, [1, 2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
]);

/** Chunks: a length, a name, that many bytes, a checksum; the first is IHDR, the last one IEND. */
export function* walkPng(): Walk {
  if (numberOf(yield { take: 4 }) !== 13 || !isPngHead(yield { take: 21 })) return "damaged";
  let hasPixels = false;
  for (let count = 0; count < PARTS_MAX; count++) {
    const length = numberOf(yield { take: 4 });
    const name = textOf(yield { take: 4 });
    if (length > PNG_NUMBER_MAX || !/^[A-Za-z]{4}$/.test(name)) return "damaged";
    hasPixels ||= name === "IDAT" && length > 0;
    yield { skip: length + 4 };
    if (name === "IEND") return hasPixels ? "whole" : "damaged";
  }
  return "damaged";
}

/** Whether the name, content and checksum of the first chunk are as https://www.w3.org/TR/png-3/ says. */
function isPngHead(chunk: Uint8Array): boolean {
  const isSize = (bytes: Uint8Array): boolean =>
    numberOf(bytes) >= 1 && numberOf(bytes) <= PNG_NUMBER_MAX;
  const [depth = 0, colour = 0, compression, filter, interlace = 0] = chunk.subarray(12, 17);
  return textOf(chunk.subarray(0, 4)) === "IHDR" &&
    isSize(chunk.subarray(4, 8)) && isSize(chunk.subarray(8, 12)) &&
    (PNG_DEPTHS.get(colour)?.includes(depth) ?? false) &&
    compression === 0 && filter === 0 && interlace <= 1 &&
    checksumOf(chunk.subarray(0, 17)) === numberOf(chunk.subarray(17));
}

/** CRC-32, of a few bytes. */
function checksumOf(bytes: Uint8Array): number {
  let sum = 0xffff_ffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum >>> 1 ^ (sum & 1 ? 0xedb8_8320 : 0);
  }
  return ~sum >>> 0;
}

/**
 * A length, after which nothing follows; programs that could not know it write 0 or the largest
 * number.
 */
export function* walkRiff(): Walk {
  const length = littleNumberOf(yield { take: 4 });
  const isWebp = textOf(yield { take: 4 }) === "WEBP";
  if (length === 0 || length === 0xffff_ffff) return isWebp ? "damaged" : "unknown";
  if (isWebp) return yield* walkWebp(length - 4);
  if (length < 4) return "damaged";
  if (length > 4) yield { skip: length - 4 };
  return "whole";
}

/** The name of the first chunk says how the picture is stored. */
function* walkWebp(length: number): Walk {
  if (length < 12) return "damaged";
  const head = yield { take: 8 };
  const [name, size] = [textOf(head.subarray(0, 4)), littleNumberOf(head.subarray(4))];
  if (!/^VP8[ LX]$/.test(name) || size > length - 8) return "damaged";
  // So many bytes tell whether it is a picture; only a VP8 frame may have no width or height.
  const start = name === "VP8 " ? 10 : 1;
  if (size < start) return "damaged";
  const frame = yield { take: start };
  if (name === "VP8 " && !isVp8Frame(frame)) return "damaged";
  if (name === "VP8L" && frame[0] !== 0x2f) return "damaged";
  if (length > 8 + start) yield { skip: length - 8 - start };
  return "whole";
}

/** Whether a VP8 frame starts a picture of some size (RFC 6386, section 9.1). */
function isVp8Frame(frame: Uint8Array): boolean {
  const isSize = (at: number): boolean => (littleNumberOf(frame.subarray(at, at + 2)) & 0x3fff) > 0;
  return ((frame[0] ?? 1) & 1) === 0 && textOf(frame.subarray(3, 6)) === "\x9d\x01\x2a" &&
    isSize(6) && isSize(8);
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
      const place = yield { take: 9 };
      hasPicture ||= numberOf(place.subarray(4, 6)) > 0 && numberOf(place.subarray(6, 8)) > 0;
      yield* skipColours(place[8]);
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
  let [hasSize, hasPixels] = [false, false];
  let marker = byteOf(start.subarray(3));
  if (marker === 0xff) marker = byteOf(yield "filled");
  for (let count = 0; count < PARTS_MAX; count++) {
    if (marker === 0xd9) return hasPixels ? "whole" : "damaged";
    if (!isAlone(marker)) {
      const length = numberOf(yield { take: 2 });
      if (length < 2) return "damaged";
      let rest = length - 2;
      if (isFrame(marker)) {
        if (rest < 6) return "damaged";
        // Bits, height, width, number of colours. A height that comes later is what no program of today writes.
        const frame = yield { take: 6 };
        rest -= 6;
        hasSize = [frame.subarray(1, 3), frame.subarray(3, 5), frame.subarray(5)]
          .every((bytes) => numberOf(bytes) > 0);
        if (!hasSize) return "damaged";
      }
      if (rest > 0) yield { skip: rest };
      if (marker === 0xda) {
        if (!hasSize) return "damaged";
        hasPixels = true;
      }
    }
    // In the picture data, 0xFF is followed by 0, which is skipped, or by a restart marker.
    do marker = byteOf(yield "marker"); while (isAlone(marker));
  }
  return "damaged";
}

/** Whether a marker begins a frame, which says the picture's size. */
export function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Whether a marker has no length. */
function isAlone(marker: number): boolean {
  return marker <= 1 || (marker >= 0xd0 && marker <= 0xd8);
}
