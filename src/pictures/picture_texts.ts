/** Texts in pictures. Not on the path of anything else. */
import type { PictureFile } from "../generation/picture_file.ts";
import { PICTURE_SIZE_BYTES, type PictureSize, pictureSizeOf } from "../generation/picture_size.ts";
import { readExifTexts } from "./exif_texts.ts";
import { readPngTexts } from "./png_texts.ts";

/** How EXIF begins in a segment of JPEG, and in some WebP files. */
const EXIF_NAME = "Exif\0\0";

/** What a picture file holds besides the pixels. */
export interface PictureContent {
  /** `null`: not given. */
  readonly size: PictureSize | null;
  readonly texts: PictureFile["texts"];
}

/**
 * Reads a picture's texts.
 *
 * @throws {RangeError} If the way through them leads beyond the file.
 */
export async function readContent(
  bytes: Uint8Array<ArrayBuffer>,
  format: PictureFile["format"],
): Promise<PictureContent> {
  const size = pictureSizeOf(bytes.subarray(0, PICTURE_SIZE_BYTES));
  switch (format) {
    case "PNG":
      return { size, texts: await readPngTexts(bytes) };
    case "JPEG":
      return readJpeg(bytes);
    case "WebP":
      return { size, texts: textsOf(webpExif(bytes)) };
  }
}

/** The segments before the picture itself: 0xFF, a marker, a length, so many bytes. */
function readJpeg(bytes: Uint8Array): PictureContent {
  const view = viewOf(bytes);
  let size: PictureSize | null = null;
  let exif: Uint8Array | null = null;
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) at++;
    else if (marker === 0xda || marker === 0xd9) break;
    else {
      const end = at + 2 + view.getUint16(at + 2);
      if (isFrame(marker) && at + 9 <= end && end <= bytes.length) {
        const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
        if (width > 0 && height > 0) size = { width, height };
      } else if (marker === 0xe1 && textAt(bytes, at + 4, EXIF_NAME.length) === EXIF_NAME) {
        exif ??= bytes.subarray(at + 4 + EXIF_NAME.length, end);
      }
      at = end;
    }
  }
  return { size, texts: textsOf(exif) };
}

/** The kinds of frames; among their markers stand those of tables. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Chunks: a name, a length, so many bytes, filled up to an even number. */
function webpExif(bytes: Uint8Array): Uint8Array | null {
  const view = viewOf(bytes);
  for (let at = 12; at + 8 <= bytes.length;) {
    const start = at + 8;
    const length = view.getUint32(at + 4, true);
    if (textAt(bytes, at, 4) === "EXIF") {
      const isNamed = textAt(bytes, start, EXIF_NAME.length) === EXIF_NAME;
      return bytes.subarray(isNamed ? start + EXIF_NAME.length : start, start + length);
    }
    at = start + length + length % 2;
  }
  return null;
}

function textsOf(exif: Uint8Array | null): PictureFile["texts"] {
  return exif === null ? {} : readExifTexts(exif);
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
