/**
 * Where EXIF is in JPEG and WebP files, and the size of a JPEG. Only the parts that a file consists of
 * are looked at: exifreader compares the beginning of each with eight names, and warns on stderr.
 */
import { textOf } from "../generation/pictures/file_walk.ts";
import type { PictureSize } from "../generation/pictures/picture_size.ts";
import { isFrame } from "../generation/pictures/picture_walks.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What JPEG writes before EXIF, and some programs in WebP too. */
const NAME = "Exif\0\0";
const [FILL, APP1, PIXELS, END] = [0xff, 0xe1, 0xda, 0xd9];

/** What a JPEG holds before its pixels. */
export interface JpegHead {
  /** `null`: none. */
  readonly exif: Bytes | null;
  readonly size: PictureSize | null;
}

/** Looks at the segments of a JPEG. The first EXIF counts. */
export function readJpegHead(file: Bytes): JpegHead {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let [exif, size]: [Bytes | null, PictureSize | null] = [null, null];
  for (let at = 2; at + 4 <= file.length && file[at] === FILL;) {
    const marker = file[at + 1] ?? END;
    if (marker === FILL) {
      at++;
      continue;
    }
    const length = view.getUint16(at + 2);
    if (marker === PIXELS || marker === END || length < 2) break;
    const end = at + 2 + length;
    if (marker === APP1 && length > NAME.length) exif ??= unnamed(file.subarray(at + 4, end));
    if (isFrame(marker) && end <= file.length && length >= 7) size = sizeIn(view, at + 5);
    at = end;
  }
  return { exif, size };
}

/** The height stands before the width. */
function sizeIn(view: DataView, at: number): PictureSize | null {
  const [height, width] = [view.getUint16(at), view.getUint16(at + 2)];
  return width > 0 && height > 0 ? { width, height } : null;
}

/** EXIF in a WebP; `null`: none. */
export function findWebpExif(file: Bytes): Bytes | null {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 12; at + 8 <= file.length;) {
    const length = view.getUint32(at + 4, true);
    const chunk = file.subarray(at + 8, at + 8 + length);
    if (textOf(file.subarray(at, at + 4)) === "EXIF") return unnamed(chunk) ?? chunk;
    at += 8 + length + length % 2;
  }
  return null;
}

/** What follows the name; `null`: another one. */
function unnamed(bytes: Bytes): Bytes | null {
  return textOf(bytes.subarray(0, NAME.length)) === NAME ? bytes.subarray(NAME.length) : null;
}
