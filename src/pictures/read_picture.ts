/** Reads what is in picture files besides the pixels. */
import { AppError, systemReason, UsageError } from "../errors.ts";
import type { PictureFile } from "../generation/pictures/picture_file.ts";
import { PictureEnd } from "../generation/pictures/picture_end.ts";
import { endingsOf, PICTURE_HEAD_BYTES } from "../generation/pictures/picture_kind.ts";
import { readInputFile } from "../system/input_file.ts";
import { missingFlags } from "../system/permissions.ts";

/** The largest picture that is read: 16384 × 4096 pixels without compression. */
const PICTURE_BYTES_MAX = 256 * 1024 * 1024;

const FORMATS: Readonly<Record<string, PictureFile["format"]>> = {
  png: "PNG",
  jpg: "JPEG",
  webp: "WebP",
};

/** Reads a picture; see `PictureReader.read()`. Needs `--allow-read` for the file. */
export async function readPicture(path: string): Promise<PictureFile> {
  const action = `Cannot inspect ${JSON.stringify(path)}`;
  const bytes = await readBytes(path, action);
  const [ending = null] = endingsOf(bytes.subarray(0, PICTURE_HEAD_BYTES)) ?? [];
  const format = ending === null ? undefined : FORMATS[ending];
  if (format === undefined) {
    const found = bytes.length === 0
      ? "it is empty"
      : ending === null
      ? "it is not a picture"
      : `it is ${ending.toUpperCase()}, and only PNG, JPEG and WebP can be read`;
    throw new AppError("failed", `${action}: ${found}`);
  }
  const end = new PictureEnd();
  end.push(bytes);
  const { readContent } = await import("./picture_texts.ts");
  try {
    const { size, texts, textLimit } = await readContent(bytes, format);
    return {
      format,
      bytes: bytes.length,
      width: size?.width ?? null,
      height: size?.height ?? null,
      texts,
      textLimit,
      isCut: end.wholeness === "cut",
    };
  } catch (error) {
    throw new AppError("failed", `${action}: its metadata is broken`, { cause: error });
  }
}

async function readBytes(path: string, action: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // A missing permission is reported by the read itself.
    if (path !== "-" && missingFlags(path, { access: ["read"] }) === null) {
      await requireReadable(path, action);
    }
    return await readInputFile(path, { action, maxBytes: PICTURE_BYTES_MAX });
  } catch (error) {
    if (error instanceof UsageError) {
      throw new AppError("failed", error.message, { cause: error });
    }
    if (error instanceof AppError) throw error;
    throw new AppError("failed", `${action}: ${systemReason(error)}`, { cause: error });
  }
}

/**
 * Refuses pipes and huge files: a pipe among pictures would block, and a huge file would be read
 * for nothing.
 */
async function requireReadable(path: string, action: string): Promise<void> {
  const { isFile, isDirectory, size } = await Deno.stat(path);
  if (!isFile && !isDirectory) throw new AppError("failed", `${action}: it is not a plain file`);
  if (isFile && size > PICTURE_BYTES_MAX) {
    throw new AppError("failed", `${action}: it has more than ${PICTURE_BYTES_MAX >> 20} MiB`);
  }
}
