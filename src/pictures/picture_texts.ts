/** What a picture file holds besides the pixels. Not on the path of anything but `inspect`. */
import type { PictureFile } from "../generation/pictures/picture_file.ts";
import {
  PICTURE_SIZE_BYTES,
  type PictureSize,
  pictureSizeOf,
} from "../generation/pictures/picture_size.ts";
import { findWebpExif, readJpegHead } from "./exif_place.ts";
import { readExifTexts } from "./exif_texts.ts";
import { readPngTexts } from "./png_texts.ts";
import { TextRoom } from "./text_room.ts";

/** What was found. */
export interface PictureContent extends Pick<PictureFile, "texts" | "textLimit"> {
  /** `null`: not given. */
  readonly size: PictureSize | null;
}

/**
 * Reads a picture's size and texts.
 *
 * @throws {RangeError} If the bytes are broken.
 */
export async function readContent(
  bytes: Uint8Array<ArrayBuffer>,
  format: PictureFile["format"],
): Promise<PictureContent> {
  const room = new TextRoom();
  const { size, texts } = await readFormat(bytes, format, room);
  return { size, texts, textLimit: room.limit };
}

async function readFormat(
  bytes: Uint8Array<ArrayBuffer>,
  format: PictureFile["format"],
  room: TextRoom,
): Promise<Omit<PictureContent, "textLimit">> {
  const size = pictureSizeOf(bytes.subarray(0, PICTURE_SIZE_BYTES));
  switch (format) {
    case "PNG":
      return { size, texts: await readPngTexts(bytes, room) };
    case "JPEG": {
      const { exif, size } = readJpegHead(bytes);
      return { size, texts: exif === null ? {} : readExifTexts(exif, room) };
    }
    case "WebP": {
      const exif = findWebpExif(bytes);
      return { size, texts: exif === null ? {} : readExifTexts(exif, room) };
    }
  }
}
