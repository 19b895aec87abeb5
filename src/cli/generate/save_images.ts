/** Brings finished pictures from the server to files. */
import { AppError } from "../../errors.ts";
import { makeFileName, numberFileName } from "../../generation/file_name.ts";
import type { ImageServer, MadeImage } from "../../generation/image_server.ts";
import { endingsOf, PICTURE_HEAD_BYTES } from "../../generation/picture_kind.ts";
import type { PictureFiles } from "./picture_files.ts";
import { readHead } from "./read_head.ts";

/** A picture is read up to this size, in bytes; videos are the largest that SwarmUI makes. */
const PICTURE_BYTES_MAX = 2 * 1024 ** 3;
const NAMES_MAX = 10_000;

/** Where and under which names pictures are saved. */
export interface SaveOptions {
  readonly server: Pick<ImageServer, "openImage">;
  readonly files: PictureFiles;
  readonly directory: string;
  readonly template: string;
  readonly request: {
    readonly prompt: string;
    readonly model: string;
    readonly width?: number;
    readonly height?: number;
  };
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** A picture, and its number in names of files. */
export interface NumberedImage {
  readonly image: MadeImage;
  /** From 0; what was not asked for has the numbers after all that was. */
  readonly number: number;
}

/** A picture and what became of its file. */
export interface SavedImage extends NumberedImage {
  /** `null`: not saved. */
  readonly localPath: string | null;
  readonly problem: AppError | null;
}

/** Saves pictures one after another; one that fails does not stop the next. */
export async function saveImages(
  images: readonly NumberedImage[],
  options: SaveOptions,
): Promise<readonly SavedImage[]> {
  const saved: SavedImage[] = [];
  for (const numbered of images) {
    try {
      const localPath = await saveImage(numbered, options);
      saved.push({ ...numbered, localPath, problem: null });
    } catch (error) {
      const problem = options.signal.aborted ? stopped(options.signal) : error;
      if (!(problem instanceof AppError)) throw problem;
      saved.push({ ...numbered, localPath: null, problem });
    }
  }
  return saved;
}

async function saveImage(
  { number, image }: NumberedImage,
  options: SaveOptions,
): Promise<string> {
  const { server, files, directory, request, signal } = options;
  signal.throwIfAborted();
  const picture = await server.openImage(image.path, { maxBytes: PICTURE_BYTES_MAX, signal });
  const { head, body } = await readHead(picture.body, PICTURE_HEAD_BYTES);
  // Whatever it is called: an ending and a content type are only the server's word.
  const endings = endingsOf(head);
  if (endings === null) {
    await body.cancel();
    throw noPicture(image.path, { isEmpty: head.length === 0, contentType: picture.contentType });
  }
  const name = makeFileName(options.template, {
    index: number,
    path: image.path,
    endings,
    seed: image.seed,
    model: request.model,
    width: request.width ?? null,
    height: request.height ?? null,
    prompt: request.prompt,
    nowMs: options.nowMs,
  });
  return await files.save(
    { directory, names: { [Symbol.iterator]: () => candidates(name) } },
    body,
  );
}

function noPicture(path: string, found: {
  readonly isEmpty: boolean;
  readonly contentType: string | null;
}): AppError {
  const what = /^data:/i.test(path)
    ? "a picture that the server sent in its answer"
    : JSON.stringify(path);
  const problem = found.isEmpty
    ? "the server sent nothing"
    : "what the server sent is no picture, video or sound";
  const called = found.contentType === null ? "" : `, although it calls it ${found.contentType}`;
  return new AppError("failed", `Cannot save ${what}: ${problem}${called} (see the server's log)`);
}

function stopped({ reason }: AbortSignal): AppError {
  return reason === "timed_out"
    ? new AppError("timed_out", "Timed out while saving pictures: the rest is on the server")
    : new AppError("interrupted", "Interrupted while saving pictures: the rest is on the server");
}

function* candidates(name: string): Iterator<string> {
  yield name;
  for (let number = 2; number < NAMES_MAX; number++) yield numberFileName(name, number);
}
