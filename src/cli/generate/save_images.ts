/** Downloads finished pictures from the server and saves them as files. */
import { AppError, ServerUnreachableError } from "../../errors.ts";
import type { Clock } from "../../generation/clock.ts";
import { makeFileName, numberFileName, splitPath } from "../../generation/pictures/file_name.ts";
import { isDataUrl } from "../../generation/server/image_server.ts";
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
import { checkEnd, NotWholeError, whatOf } from "./whole_picture.ts";

/** The largest picture that is read, in bytes; videos are the largest files that SwarmUI makes. */
const PICTURE_BYTES_MAX = 2 * 1024 ** 3;
const NAMES_MAX = 10_000;
/** The pauses before the first further tries, and before those after them, in milliseconds. */
const PAUSES_MS = [500, 1_500, 4_000];
const PAUSE_MS = 5_000;
/**
 * How long a server that does not answer is asked for pictures that it has, in milliseconds. A restart
 * or a short outage takes less.
 */
const AWAY_LIMIT_MS = 120_000;

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
  /** Called with what is found if a picture is still not there after several tries. */
  readonly onAway: (found: string) => void;
  readonly signal: AbortSignal;
  /** The same for pictures that came in an answer: they are nowhere else. @default {`signal`} */
  readonly lastSignal?: AbortSignal;
}

/** What the saving of a generation's pictures remembers. */
interface Memory {
  /** The names of this run, in lower case. */
  readonly taken: Set<string>;
  /** Whether the server did not answer when it was last asked for a picture. */
  isAway: boolean;
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
  const memory: Memory = { taken: new Set(), isAway: false };
  for (const numbered of images) {
    const signal = isDataUrl(numbered.image.path)
      ? options.lastSignal ?? options.signal
      : options.signal;
    try {
      const one = await saveAtLast(numbered, { ...options, signal }, memory);
      saved.push({ ...numbered, ...one, problem: null });
    } catch (error) {
      const problem = signal.aborted ? stopped(signal) : error;
      if (!(problem instanceof AppError)) throw problem;
      saved.push({ ...numbered, localPath: null, size: null, problem, warning: null });
    }
  }
  return saved;
}

/**
 * Fetches a picture again from the beginning if the connection breaks, or the server is away. If it
 * stays away, the further pictures are tried once each.
 */
async function saveAtLast(
  numbered: NumberedImage,
  options: SaveOptions,
  memory: Memory,
): ReturnType<typeof saveImage> {
  const { clock, signal, onAway } = options;
  const wasAway = memory.isAway;
  let awaySinceMs: number | null = null;
  let isTold = false;
  for (let tries = 0;; tries++) {
    try {
      // A name that only a failed try has used is still free.
      const names = new Set(memory.taken);
      const one = await saveImage(numbered, options, names);
      for (const name of names) memory.taken.add(name);
      memory.isAway = false;
      return one;
    } catch (error) {
      memory.isAway = error instanceof ServerUnreachableError;
      const nowMs = clock.monotonicMs();
      awaySinceMs ??= nowMs;
      const pauseMs = pauseBefore(error, { tries, wasAway, awayMs: nowMs - awaySinceMs });
      if (pauseMs === null || signal.aborted) throw error;
      if (pauseMs >= PAUSE_MS && !isTold && error instanceof AppError) {
        isTold = true;
        onAway(error.message);
      }
      await clock.sleep(pauseMs, signal);
    }
  }
}

/** How long to wait before the next try, in milliseconds; `null`: there is no next one. */
function pauseBefore(error: unknown, { tries, wasAway, awayMs }: {
  readonly tries: number;
  readonly wasAway: boolean;
  readonly awayMs: number;
}): number | null {
  const pauseMs = PAUSES_MS[tries];
  if (error instanceof NotWholeError) return pauseMs ?? null;
  if (!(error instanceof ServerUnreachableError) || wasAway) return null;
  const { retryAfterMs } = error;
  if (retryAfterMs === null && pauseMs !== undefined) return pauseMs;
  const longMs = Math.max(PAUSE_MS, retryAfterMs ?? 0);
  return awayMs + longMs < AWAY_LIMIT_MS ? longMs : null;
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
