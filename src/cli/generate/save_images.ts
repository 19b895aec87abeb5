/** Downloads finished pictures from the server and saves them as files. */
import { AppError, ServerUnreachableError } from "../../errors.ts";
import type { Clock } from "../../generation/clock.ts";
import { makeFileName, numberFileName, splitPath } from "../../generation/pictures/file_name.ts";
import type { ImageRequest, ImageServer, MadeImage } from "../../generation/server/image_server.ts";
import { fileKindOf, PICTURE_HEAD_BYTES } from "../../generation/pictures/picture_kind.ts";
import {
  PICTURE_SIZE_BYTES,
  type PictureSize,
  pictureSizeOf,
} from "../../generation/pictures/picture_size.ts";
import { parameterTexts, promptIn, sizeIn } from "../../generation/pictures/swarm_metadata.ts";
import { PictureEnd } from "../../generation/pictures/picture_end.ts";
import type { PictureFiles } from "./picture_files.ts";
import { readHead } from "./read_head.ts";

/** The largest picture that is read, in bytes; videos are the largest files that SwarmUI makes. */
const PICTURE_BYTES_MAX = 2 * 1024 ** 3;
/**
 * How much of a piece is looked at in one go, in bytes. A picture of very many small parts takes
 * long to look at, and meanwhile a time-out or Ctrl-C must be noticed.
 */
const LOOK_BYTES = 64 * 1024;
const NAMES_MAX = 10_000;
/** The pauses before further tries, in milliseconds. */
const PAUSES_MS = [500, 1_500, 4_000];

/** Where and under which names pictures are saved. */
export interface SaveOptions {
  readonly server: Pick<ImageServer, "openImage">;
  readonly files: PictureFiles;
  readonly directory: string;
  readonly template: string;
  readonly request: Pick<ImageRequest, "prompt" | "model" | "width" | "height">;
  /** The generation's ID. */
  readonly id: string;
  /** Whether files with the same names are replaced. */
  readonly replaces: boolean;
  readonly nowMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A picture, and its number for file names. */
export interface NumberedImage {
  readonly image: MadeImage;
  /** From 0; pictures that were not requested come after all others. */
  readonly number: number;
}

/** A picture and the result of saving it. */
export interface SavedImage extends NumberedImage {
  /** `null`: not saved. */
  readonly localPath: string | null;
  /** By the content of the file; `null`: not saved, or not given at the beginning of the file. */
  readonly size: PictureSize | null;
  readonly problem: AppError | null;
  /** What may be wrong with the file, as a sentence; `null`: nothing. */
  readonly warning: string | null;
}

/** Saves pictures one after another; a failure does not stop the next one. */
export async function saveImages(
  images: readonly NumberedImage[],
  options: SaveOptions,
): Promise<readonly SavedImage[]> {
  const saved: SavedImage[] = [];
  const taken = new Set<string>();
  for (const numbered of images) {
    try {
      const one = await saveAtLast(numbered, options, taken);
      saved.push({ ...numbered, ...one, problem: null });
    } catch (error) {
      const problem = options.signal.aborted ? stopped(options.signal) : error;
      if (!(problem instanceof AppError)) throw problem;
      saved.push({ ...numbered, localPath: null, size: null, problem, warning: null });
    }
  }
  return saved;
}

/** Fetches a picture again from the beginning if the connection breaks. */
async function saveAtLast(
  numbered: NumberedImage,
  options: SaveOptions,
  taken: Set<string>,
): ReturnType<typeof saveImage> {
  for (const pauseMs of PAUSES_MS) {
    try {
      // A name that only a failed try has used is still free.
      const names = new Set(taken);
      const one = await saveImage(numbered, options, names);
      for (const name of names) taken.add(name);
      return one;
    } catch (error) {
      if (!isPassing(error) || options.signal.aborted) throw error;
      await options.clock.sleep(pauseMs, options.signal);
    }
  }
  return await saveImage(numbered, options, taken);
}

function isPassing(error: unknown): boolean {
  return error instanceof ServerUnreachableError || error instanceof NotWholeError;
}

async function saveImage(
  { number, image }: NumberedImage,
  options: SaveOptions,
  taken: Set<string>,
): Promise<Pick<SavedImage, "localPath" | "size" | "warning">> {
  const { server, files, directory, request, replaces, signal } = options;
  signal.throwIfAborted();
  const picture = await server.openImage(image.path, { maxBytes: PICTURE_BYTES_MAX, signal });
  const { head, body } = await readHead(picture.body, PICTURE_SIZE_BYTES);
  // By the content: the file extension and the content type are only the server's claim.
  const kind = fileKindOf(head.subarray(0, PICTURE_HEAD_BYTES), splitPath(image.path).ext);
  if (kind === null) {
    await body.cancel();
    throw noPicture(image.path, { isEmpty: head.length === 0, contentType: picture.contentType });
  }
  const metadata = image.metadata ?? null;
  const size = pictureSizeOf(head);
  const said = size ?? sizeIn(metadata) ?? request;
  const name = makeFileName(options.template, {
    index: number,
    path: image.path,
    endings: kind.endings,
    seed: image.seed,
    model: request.model,
    width: said.width ?? null,
    height: said.height ?? null,
    prompt: promptIn(metadata) ?? request.prompt,
    id: options.id,
    parameters: parameterTexts(metadata),
    nowMs: options.nowMs,
  });
  const names = replaces ? [takeName(name, taken)] : { [Symbol.iterator]: () => candidates(name) };
  const place = { directory, names, replaces };
  const end = new PictureEnd();
  const about = {
    end,
    path: image.path,
    isEndSure: picture.isEndSure,
    clock: options.clock,
    signal,
  };
  const localPath = await files.save(place, kind.by === "name" ? body : checkEnd(body, about));
  const isDoubtful = end.wholeness === "unknown" && !picture.isEndSure;
  const warning = kind.by !== "content"
    ? unknownKind(localPath)
    : isDoubtful
    ? doubtOf(localPath)
    : null;
  return { localPath, size, warning };
}

/** A name that no other picture of this run has, so that they never replace each other. */
function takeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free.toLowerCase()); number++) free = numberFileName(name, number);
  taken.add(free.toLowerCase());
  return free;
}

/** The same bytes; fails at their end if they are not a complete picture. */
function checkEnd(
  body: ReadableStream<Uint8Array>,
  { end, clock, signal, ...about }: {
    readonly end: PictureEnd;
    readonly path: string;
    readonly isEndSure: boolean;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): ReadableStream<Uint8Array> {
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      async transform(piece, controller): Promise<void> {
        for (let at = 0; at < piece.length; at += LOOK_BYTES) {
          if (at > 0) await clock.sleep(0, signal);
          signal.throwIfAborted();
          end.push(piece.subarray(at, at + LOOK_BYTES));
        }
        controller.enqueue(piece);
      },
      flush(controller): void {
        const { wholeness } = end;
        if (wholeness === "cut" || wholeness === "damaged") {
          controller.error(notWhole(wholeness, about));
        }
      },
    }),
  );
}

/**
 * A picture that did not arrive completely. If the server is just writing it, it may be complete
 * soon.
 */
class NotWholeError extends AppError {}

function notWhole(
  wholeness: "cut" | "damaged",
  { path, isEndSure }: { readonly path: string; readonly isEndSure: boolean },
): AppError {
  const found = wholeness === "damaged"
    ? "what the server sent is damaged (see whether the server's file is)"
    : isEndSure
    ? "the server sent only a part of it (see whether the server's file is complete)"
    : "the connection ended before the picture was complete (fetch it from the server)";
  const message = `Cannot save ${whatOf(path)}: ${found}`;
  // A picture inside the answer would be the same at the next try.
  return isInAnswer(path) ? new AppError("failed", message) : new NotWholeError("failed", message);
}

function doubtOf(localPath: string): string {
  return `Not known whether ${
    JSON.stringify(localPath)
  } is complete: the server did not say how long ` +
    "it is";
}

function unknownKind(localPath: string): string {
  return `Saved ${JSON.stringify(localPath)} unchecked: it is not a picture, video or sound that ` +
    "this tool knows";
}

function noPicture(path: string, found: {
  readonly isEmpty: boolean;
  readonly contentType: string | null;
}): AppError {
  const problem = found.isEmpty
    ? "the server sent nothing"
    : "what the server sent is not a picture, video or sound";
  const called = found.contentType === null ? "" : `, although it calls it ${found.contentType}`;
  return new AppError(
    "failed",
    `Cannot save ${whatOf(path)}: ${problem}${called} (see the server's log)`,
  );
}

function whatOf(path: string): string {
  return isInAnswer(path) ? "a picture that the server sent in its answer" : JSON.stringify(path);
}

function isInAnswer(path: string): boolean {
  return /^data:/i.test(path);
}

function stopped({ reason }: AbortSignal): AppError {
  const [code, said] = reason === "timed_out"
    ? ["timed_out", "Timed out"] as const
    : ["interrupted", "Interrupted"] as const;
  return new AppError(code, `${said} while saving pictures: the rest is on the server`);
}

function* candidates(name: string): Iterator<string> {
  yield name;
  for (let number = 2; number < NAMES_MAX; number++) yield numberFileName(name, number);
}
