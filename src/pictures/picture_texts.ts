/** Texts in pictures, found and read with npm's exifreader. Not on the path of anything else. */
import exif, { type Tag } from "exifreader/exif";
import jpeg from "exifreader/jpeg";
import jpegSize from "exifreader/jpeg_size";
import png from "exifreader/png";
import pngText from "exifreader/png_text";
import webp from "exifreader/webp";
import type { PictureFile } from "../generation/pictures/picture_file.ts";
import {
  PICTURE_SIZE_BYTES,
  type PictureSize,
  pictureSizeOf,
} from "../generation/pictures/picture_size.ts";

/** Texts of a picture are unpacked up to this size in all: small files may hold gigabytes of nothing. */
const TEXT_BYTES_MAX = 16 * 1024 * 1024;
/** Of EXIF only what programs that make pictures write. */
const EXIF_TAGS = ["UserComment", "ImageDescription", "Make", "Model", "Software"];

/** What a picture file holds besides the pixels. */
export interface PictureContent {
  /** `null`: not given. */
  readonly size: PictureSize | null;
  readonly texts: PictureFile["texts"];
}

/**
 * Reads a picture's texts.
 *
 * @throws Whatever the way through broken bytes leads to.
 */
export async function readContent(
  bytes: Uint8Array<ArrayBuffer>,
  format: PictureFile["format"],
): Promise<PictureContent> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = pictureSizeOf(bytes.subarray(0, PICTURE_SIZE_BYTES));
  switch (format) {
    case "PNG":
      return { size, texts: await pngTexts(view) };
    case "JPEG": {
      const { tiffHeaderOffset, fileDataOffset } = jpeg.findJpegOffsets(view);
      return { size: jpegSizeAt(view, fileDataOffset), texts: exifTexts(view, tiffHeaderOffset) };
    }
    case "WebP":
      return { size, texts: exifTexts(view, webp.findOffsets(view).tiffHeaderOffset) };
  }
}

async function pngTexts(view: DataView): Promise<PictureFile["texts"]> {
  const { pngTextChunks = [] } = png.findPngOffsets(view, true);
  const read = pngText.read(view, pngTextChunks, true, false, false, undefined, {
    deflate: unpacker(),
  });
  const packed = await read.readTagsPromise ?? [];
  const tags = [read.readTags, ...packed].flatMap((found) => Object.entries(found));
  return Object.fromEntries(
    // Camera data that was put into a text is no text, nor is one that could not be unpacked.
    tags.filter(([, { value }]) => typeof value === "string" && value !== "")
      .map(([name, { description }]) => [name, description]),
  );
}

/** Unpacks the texts of a picture, as long as they are no longer in all than what is read. */
function unpacker(): (packed: Uint8Array<ArrayBuffer>) => Promise<Uint8Array> {
  let left = TEXT_BYTES_MAX;
  return async (packed) => {
    if (left < 0) throw new RangeError("the texts are too long");
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    for await (const piece of stream) {
      left -= piece.length;
      if (left < 0) throw new RangeError("the texts are too long");
      pieces.push(piece);
    }
    return await new Blob(pieces).bytes();
  };
}

function jpegSizeAt(view: DataView, at: number | undefined): PictureSize | null {
  if (at === undefined) return null;
  const told = jpegSize.read(view, at);
  const [width, height] = [told["Image Width"]?.value, told["Image Height"]?.value];
  return isSide(width) && isSide(height) ? { width, height } : null;
}

function isSide(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

function exifTexts(view: DataView, at: number | undefined): PictureFile["texts"] {
  if (at === undefined) return {};
  const { tags } = exif.read(view, at, false);
  return Object.fromEntries(
    EXIF_TAGS.flatMap((name) => {
      const tag = tags[name];
      const text = tag === undefined ? "" : exifText(tag);
      return text === "" ? [] : [[name, text]];
    }),
  );
}

/** A tag's text: bytes behind the name of their encoding, or what other tags hold. */
function exifText({ value, description }: Tag): string {
  const isBytes = Array.isArray(value) && value.length > 0 &&
    value.every((one): one is number => typeof one === "number");
  return isBytes ? decodeComment(Uint8Array.from(value)) : `${description}`;
}

/** EXIF's UserComment: eight bytes name the encoding. */
function decodeComment(bytes: Uint8Array): string {
  const name = new TextDecoder("latin1").decode(bytes.subarray(0, 8));
  const rest = bytes.subarray(8);
  if (name.startsWith("UNICODE")) return decodeUtf16(rest);
  const isNamed = name.startsWith("ASCII\0") || name === "\0".repeat(8);
  return new TextDecoder().decode(isNamed ? rest : bytes).replace(/\0+$/, "");
}

/** In either order: most of such texts is ASCII, so that the half that is zero tells. */
function decodeUtf16(bytes: Uint8Array): string {
  const zeros = [0, 0];
  bytes.forEach((byte, at) => {
    if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  return new TextDecoder(even > odd ? "utf-16be" : "utf-16le").decode(bytes).replace(/\0+$/, "");
}
