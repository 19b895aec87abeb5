/** Pictures, sounds and videos that are sent with a request (`swarmui-protocol.md §20.10`). */
import { AppError, UsageError } from "../../errors.ts";
import type { ImageServer } from "../../generation/server/image_server.ts";
import { endingsOf, PICTURE_HEAD_BYTES } from "../../generation/pictures/picture_kind.ts";
import { listOf } from "../values.ts";
import type { InputFiles } from "./input_files.ts";
import { ON_SERVER } from "./param_option.ts";

/**
 * The limit for all files of a request together: base64 makes them a third larger, and servers
 * before 2025-11 accept 100 MiB in all (`swarmui-protocol.md §9`).
 */
const ALL_BYTES_MAX = 70 * 1024 * 1024;

/** The media types that SwarmUI can read, by their usual file extension. */
const MEDIA_TYPES: Readonly<Record<"image" | "audio" | "video", Readonly<Record<string, string>>>> =
  {
    image: {
      png: "image/png",
      jpg: "image/jpeg",
      webp: "image/webp",
      gif: "image/gif",
      bmp: "image/bmp",
      tiff: "image/tiff",
    },
    audio: {
      wav: "audio/wav",
      mp3: "audio/mpeg",
      flac: "audio/flac",
      ogg: "audio/ogg",
      m4a: "audio/mp4",
      aac: "audio/aac",
    },
    video: {
      mp4: "video/mp4",
      webm: "video/webm",
      mov: "video/quicktime",
      avi: "video/x-msvideo",
      gif: "image/gif",
      webp: "image/webp",
    },
  };

/** The server accepts only paths below these folders of the user. */
const SERVER_FOLDERS = ["raw/", "inputs/", "Starred/"];

/** The kind of file that is wanted, and the option that named it, for errors. */
export interface WantedFile {
  readonly media: "image" | "audio" | "video";
  /** `--init-image cat.png` */
  readonly place: string;
}

/** The files of one request. */
export class SentFiles {
  readonly #files: InputFiles;
  readonly #server: Pick<ImageServer, "openImage">;
  readonly #signal: AbortSignal;
  #bytes = 0;

  constructor(from: {
    readonly files: InputFiles;
    readonly server: Pick<ImageServer, "openImage">;
    readonly signal: AbortSignal;
  }) {
    this.#files = from.files;
    this.#server = from.server;
    this.#signal = from.signal;
  }

  /**
   * Reads a file and returns what is sent for it: a `data:` URL, or for `server:raw/…` the path.
   *
   * @throws {PermissionError} If Deno may not read it.
   * @throws {UsageError} If it cannot be read, is too large, or is not of the wanted kind.
   */
  async read(path: string, wanted: WantedFile): Promise<string> {
    if (path.startsWith(ON_SERVER)) return await this.#onServer(path, wanted);
    const action = `Cannot use ${wanted.place}`;
    if (path === "") throw new UsageError(`${action}: expected the path of a file`);
    const bytes = await this.#files.read(path, { action, maxBytes: ALL_BYTES_MAX });
    const [usual = ""] = endingsOf(bytes.subarray(0, PICTURE_HEAD_BYTES)) ?? [];
    const types = MEDIA_TYPES[wanted.media];
    const type = types[usual];
    if (type === undefined) throw new UsageError(`${action}: ${describe(usual, wanted.media)}`);
    this.#bytes += bytes.length;
    if (this.#bytes > ALL_BYTES_MAX) {
      const most = ALL_BYTES_MAX / 1024 / 1024;
      throw new UsageError(`${action}: all files of a request together may have ${most} MiB`);
    }
    return `data:${type};base64,${bytes.toBase64()}`;
  }

  /**
   * Checks a path on the server: over the WebSocket, a wrong one ends the request without a
   * message.
   */
  async #onServer(path: string, { place }: WantedFile): Promise<string> {
    const action = `Cannot use ${place}`;
    const own = path.slice(ON_SERVER.length);
    if (!SERVER_FOLDERS.some((folder) => own.startsWith(folder)) || own.split("/").includes("..")) {
      throw new UsageError(
        `${action}: the server takes pictures below ${listOf(SERVER_FOLDERS)} only ` +
          "(the path after View/USER/ in a picture's address)",
      );
    }
    try {
      const { body } = await this.#server.openImage(`Output/${own}`, {
        maxBytes: ALL_BYTES_MAX,
        signal: this.#signal,
      });
      await body.cancel();
      return own;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "failed") throw error;
      throw new UsageError(`${action}: the server has no such picture`, { cause: error });
    }
  }
}

function describe(ending: string, media: WantedFile["media"]): string {
  const kinds = listOf(Object.keys(MEDIA_TYPES[media]).map((each) => each.toUpperCase()));
  const found = ending === "" ? "it is none" : `it is ${ending.toUpperCase()}`;
  return `expected ${kinds}, and ${found}`;
}
