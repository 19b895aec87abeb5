/** The port through which a generation is made: one session, one request, its events. */
import type { JsonObject } from "../json_object.ts";
import type { Counters } from "./counters.ts";
import type { Preset } from "./preset.ts";
import type { ServerParameter } from "./server_parameter.ts";
import type { ServerSession } from "./session.ts";

/** A generation request. What is absent is not sent: the server's own default holds. */
export interface ImageRequest {
  readonly prompt: string;
  readonly model: string;
  /** All images asked for: SwarmUI's `images`, which are its runs, times `batchSize`. */
  readonly images: number;
  /** Images that one run makes at once, SwarmUI's `batchsize`. @default {1} */
  readonly batchSize?: number;
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
   * Our own id of the generation, which the server writes into the metadata of each picture, so that
   * they can be found again (`swarmui-protocol.md §20.7`).
   */
  readonly tag?: string;
  /** Titles as the server has them; what they say replaces what stands beside them. */
  readonly presets?: readonly string[];
  /** Further parameters by the server's ids; files as `data:` URLs. */
  readonly parameters?: Readonly<Record<string, string | readonly string[]>>;
}

/** An image that the server finished. */
export interface MadeImage {
  /**
   * SwarmUI's `batch_index`; `null` over plain HTTP, which gives none. Negative: a grid or an
   * intermediate picture; from the number of images asked for on: another output of the workflow.
   */
  readonly index: number | null;
  /**
   * A raw path relative to the server's base URL, or a `data:` URL. Foreign text. The events of
   * `generate()` hold only such as can be fetched or read.
   */
  readonly path: string;
  /** The seed really used, as decimal text; `null` if the metadata does not say. */
  readonly seed: string | null;
  /**
   * What the server wrote about it, read by `swarm_metadata.ts`; its seed is text. Absent over plain
   * HTTP, which gives none.
   */
  readonly metadata?: JsonObject;
}

/** What a running request tells. The iterable ends when the server's work is over. */
export type GenerationEvent =
  /**
   * The request left this process: an interrupt is now needed to stop it. `noSocket`: what kept the
   * WebSocket from opening, where plain HTTP took its place.
   */
  | {
    readonly kind: "sent";
    readonly transport: "websocket" | "http";
    readonly noSocket?: string;
  }
  /** The first answer of the server came: an interrupt cannot overtake the request any more. */
  | { readonly kind: "accepted" }
  /** This session's counters; `waitingGens` is what is still to come. */
  | { readonly kind: "status"; readonly counters: Counters }
  /**
   * Progress of one run. Fractions 0–1, clamped. `overall` counts workflow nodes and never goes
   * back for a run; `current` is the node under way, in which nearly all the time passes, and starts
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
  | { readonly kind: "error"; readonly message: string; readonly errorId: string | null }
  /** Something that could not be read or used: it may have been an image. `message`: why, in lower case. */
  | { readonly kind: "unreadable"; readonly message: string }
  /** A limit was reached. `message` says what is left out, as a sentence. */
  | { readonly kind: "note"; readonly message: string }
  /**
   * The server's work is over: it says so (`socket_intention`, or the HTTP answer), or its counters do.
   * `doubt`: it did not end as SwarmUI ends a request; how it did, in lower case.
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

/** So many pictures SwarmUI lists at most (its setting MaxImagesInHistory). */
export const HISTORY_MAX = 1_000;

/** A picture in the server's history, as far as its metadata tells (`swarmui-protocol.md §7.7`). */
export interface HistoryImage {
  /** As in `MadeImage`. */
  readonly path: string;
  /** The tag of its request; `null`: it has none, or no metadata. */
  readonly tag: string | null;
  /** Decimal text. */
  readonly seed: string | null;
  /** Without its file extension. */
  readonly model: string | null;
  /** A grid of a request's images, which carries their tag and the first one's seed. */
  readonly isGrid: boolean;
  /** As in `MadeImage`. */
  readonly metadata?: JsonObject;
}

/** What the server keeps of pictures, by the user's settings; `null`: it does not say. */
export interface KeptPictures {
  /** Whether pictures become files. */
  readonly files: boolean | null;
  /** Whether files hold their metadata, and so their tag. */
  readonly metadata: boolean | null;
}

/** A picture's bytes on their way. */
export interface ImageBody {
  readonly body: ReadableStream<Uint8Array>;
  /** Media type as the server or the `data:` URL names it. */
  readonly contentType: string | null;
  /** Whether the stream fails if bytes are missing at its end; else that cannot be told from an end. */
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
  /** All models of one kind; SwarmUI lists 5,000 at the most. */
  models(session: ServerSession, kind: "Stable-Diffusion" | "LoRA"): Promise<readonly ModelEntry[]>;
  /** The presets of the session's user. */
  presets(session: ServerSession): Promise<readonly Preset[]>;
  /** The image parameters that the server knows and this account may use. */
  parameters(session: ServerSession): Promise<readonly ServerParameter[]>;
  /** The JSON that `generate()` sends for a request, without the session. */
  requestBody(request: ImageRequest): JsonObject;
  /**
   * Sends one request and yields what the server tells until its work is over.
   *
   * Over the WebSocket first; over plain HTTP with `transport: "http"`, or if the handshake fails
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
  /** InterruptAll for exactly this session; the server always says yes, even if nothing ran. */
  interrupt(session: ServerSession): Promise<void>;
  /**
   * ListImages: the pictures of the session's user in a folder and `depth` levels below it, the newest
   * first. SwarmUI gives `HISTORY_MAX` at most, does not say that there are more, and lists a picture
   * up to a second late. A folder that does not exist is empty.
   *
   * @param folder Below the user's own, without the `View/<user>/` of paths; empty: all of it.
   * @throws {ServerRefusedError} Without the right `view_image_history`.
   */
  history(
    session: ServerSession,
    place: { readonly folder: string; readonly depth: number },
  ): Promise<readonly HistoryImage[]>;
  /** GetUserSettings, as far as it says what is kept of pictures. */
  keptPictures(session: ServerSession): Promise<KeptPictures>;
  /**
   * Opens a picture. Follows no redirect; at most `maxBytes` are given before the stream errors.
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
