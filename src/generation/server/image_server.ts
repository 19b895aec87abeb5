/** The port through which images are made: one session, one request, its events. */
import type { JsonObject } from "../../json_object.ts";
import type { Counters } from "./counters.ts";
import type { Preset, ServerParameter } from "./server_parameter.ts";
import type { ServerSession } from "../session.ts";

/** A generation request. Absent fields are not sent, so the server uses its own defaults. */
export interface ImageRequest {
  readonly prompt: string;
  readonly model: string;
  /** All images requested: SwarmUI's `images`, which are its runs, times `batchSize`. */
  readonly images: number;
  /** Images that one run makes at once: SwarmUI's `batchsize`. @default {1} */
  readonly batchSize?: number;
  /** True if it tells the server to keep no file (`donotsave`), by a parameter or a preset. */
  readonly doNotSave?: boolean;
  readonly negativePrompt?: string;
  readonly steps?: number;
  readonly width?: number;
  readonly height?: number;
  /** Decimal text: seeds above 2^53 do not survive as JSON numbers. */
  readonly seed?: string;
  readonly cfgScale?: number;
  readonly sampler?: string;
  readonly scheduler?: string;
  readonly loras?: readonly { readonly name: string; readonly weight: number }[];
  /**
   * This tool's id of the generation. The server writes it into the metadata of each picture, so
   * that they can be found again (`swarmui-protocol.md §20.7`).
   */
  readonly tag?: string;
  /** Titles as the server has them. Their values replace the other fields. */
  readonly presets?: readonly string[];
  /** Further parameters by the server's parameter ids; files as `data:` URLs. */
  readonly parameters?: Readonly<Record<string, string | readonly string[]>>;
}

/** An image that the server finished. */
export interface MadeImage {
  /**
   * SwarmUI's `batch_index`; `null` over plain HTTP, which gives none. Negative: a grid or an
   * intermediate picture; at or above the number of requested images: another output of the
   * workflow.
   */
  readonly index: number | null;
  /**
   * A raw path relative to the server's base URL, or a `data:` URL. Foreign text. The events of
   * `generate()` contain only paths that can be fetched or read.
   */
  readonly path: string;
  /** The seed that was really used, as decimal text; `null` if the metadata does not say. */
  readonly seed: string | null;
  /**
   * The server's metadata, read by `swarm_metadata.ts`; its seed is text. Absent over plain HTTP,
   * which gives none.
   */
  readonly metadata?: JsonObject;
}

/** Says whether a picture's path is a `data:` URL: the picture itself, inside the answer. */
export function isDataUrl(path: string): boolean {
  return /^data:/i.test(path);
}

/** What a running request reports. The iterable ends when the server's work is over. */
export type GenerationEvent =
  /**
   * The request was sent: from now on an interrupt is needed to stop it. `noSocket`: why the
   * WebSocket could not be opened, if plain HTTP is used instead.
   */
  | {
    readonly kind: "sent";
    readonly transport: "websocket" | "http";
    readonly noSocket?: string;
  }
  /** The server's first answer came: an interrupt can no longer overtake the request. */
  | { readonly kind: "accepted" }
  /** This session's counters; `waitingGens` is what is still to be made. */
  | { readonly kind: "status"; readonly counters: Counters }
  /**
   * Progress of one run, in fractions 0–1, clamped. `overall` counts workflow nodes and never goes
   * back during a run. `current` is the node at work, which takes nearly all the time; it starts
   * again with each node.
   */
  | {
    readonly kind: "progress";
    readonly index: number;
    readonly overall: number;
    readonly current: number;
  }
  | { readonly kind: "image"; readonly image: MadeImage }
  /** Images that an extension of the server removed after they were announced. */
  | { readonly kind: "discard"; readonly indices: readonly number[] }
  /** An error in the server's own words; it is not the last event, and there may be several. */
  | { readonly kind: "error"; readonly message: string }
  /**
   * Something that could not be read or used; it may have been an image. `message`: why, in lower
   * case.
   */
  | { readonly kind: "unreadable"; readonly message: string }
  /** A limit was reached. `message` says what is left out, as a sentence. */
  | { readonly kind: "note"; readonly message: string }
  /**
   * The server's work is over: it says so (`socket_intention`, or the HTTP answer), or its counters
   * do. `doubt`: it did not end as SwarmUI ends a request; in lower case, how it ended instead.
   */
  | { readonly kind: "over"; readonly doubt?: string };

/** A model as ListModels names it. */
export interface ModelEntry {
  /** With `/` separators and its file extension. */
  readonly name: string;
  readonly loaded: boolean;
  /** Standard size in pixels; `null` if the model does not say. */
  readonly standardWidth: number | null;
  readonly standardHeight: number | null;
}

/** How many pictures SwarmUI lists at most (its setting MaxImagesInHistory). */
export const HISTORY_MAX = 1_000;

/**
 * A picture in the server's history, as far as its metadata describes it (`swarmui-protocol.md
 * §7.7`).
 */
export interface HistoryImage {
  /** As in `MadeImage`. */
  readonly path: string;
  /** The tag of its request; `null`: it has no tag or no metadata. */
  readonly tag: string | null;
  /** Decimal text. */
  readonly seed: string | null;
  /** Without its file extension. */
  readonly model: string | null;
  /** Whether it is a grid of a request's images, which has their tag and the first one's seed. */
  readonly isGrid: boolean;
  /** As in `MadeImage`. */
  readonly metadata?: JsonObject;
}

/** Which pictures the server keeps, by the user's settings; `null`: not known. */
export interface KeptPictures {
  /** Whether pictures are saved as files. */
  readonly files: boolean | null;
  /** Whether the files contain their metadata, and so their tag. */
  readonly metadata: boolean | null;
}

/** A picture's bytes as they arrive. */
export interface ImageBody {
  readonly body: ReadableStream<Uint8Array>;
  /** Media type as the server or the `data:` URL names it. */
  readonly contentType: string | null;
  /**
   * Whether the stream fails if bytes are missing at its end. If false, a broken download looks
   * complete.
   */
  readonly isEndSure: boolean;
}

/**
 * A SwarmUI server that makes images. Methods throw `ServerUnreachableError`,
 * `ServerRefusedError`, `ServerError` or `PermissionError`.
 */
export interface ImageServer {
  /** Normalised base URL without user info. */
  readonly url: string;
  /** A new session for one generation; never the kept one. */
  newSession(): Promise<ServerSession>;
  /** All models of one kind; SwarmUI lists 5,000 at most. */
  models(session: ServerSession, kind: "Stable-Diffusion" | "LoRA"): Promise<readonly ModelEntry[]>;
  /** The presets of the session's user. */
  presets(session: ServerSession): Promise<readonly Preset[]>;
  /** The image parameters that the server knows and this account may use. */
  parameters(session: ServerSession): Promise<readonly ServerParameter[]>;
  /** The JSON that `generate()` sends for a request, without the session. */
  requestBody(request: ImageRequest): JsonObject;
  /**
   * Sends one request and yields what the server reports until its work is over.
   *
   * It uses the WebSocket first, and plain HTTP with `transport: "http"` or if the handshake fails
   * before the first frame was sent. Aborting closes the connection at once and throws the signal's
   * reason; it does NOT stop the server (`swarmui-protocol.md §4.6`).
   *
   * @throws {ConnectionLostError} If the connection ends before the server said that it is over.
   */
  generate(
    session: ServerSession,
    request: ImageRequest,
    options: { readonly transport: "auto" | "http"; readonly signal: AbortSignal },
  ): AsyncIterable<GenerationEvent>;
  /** GetCurrentStatus of a session; `gone` if the server no longer knows it. */
  sessionCounters(session: ServerSession): Promise<Counters | "gone">;
  /**
   * InterruptAll for exactly this session. The server always says yes, even if nothing was running.
   */
  interrupt(session: ServerSession): Promise<void>;
  /**
   * ListImages: the pictures of the session's user in a folder and `depth` levels below it, the
   * newest first. SwarmUI lists at most `HISTORY_MAX`, does not say if there are more, and lists a
   * picture up to a second late. A folder that does not exist counts as empty.
   *
   * @param folder Below the user's folder, without the `View/<user>/` of paths; empty: all of it.
   * @throws {ServerRefusedError} Without the permission `view_image_history`.
   */
  history(
    session: ServerSession,
    place: { readonly folder: string; readonly depth: number },
  ): Promise<readonly HistoryImage[]>;
  /** GetUserSettings: which pictures the server keeps. */
  keptPictures(session: ServerSession): Promise<KeptPictures>;
  /**
   * Opens a picture. Follows no redirect. The stream fails after `maxBytes`.
   *
   * @param path As in `MadeImage`.
   */
  openImage(
    path: string,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<ImageBody>;
  /** The address of a picture for people, percent-encoded; `null` for a `data:` URL. */
  imageUrl(path: string): string | null;
}
