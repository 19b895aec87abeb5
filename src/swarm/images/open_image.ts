/** Fetching pictures. */
import {
  type AppError,
  ServerError,
  ServerRefusedError,
  ServerUnreachableError,
} from "../../errors.ts";
import { isDataUrl } from "../../generation/server/image_server.ts";
import type { ImageBody } from "../../generation/server/image_server.ts";
import { startDeadline } from "../http/deadline.ts";
import { readText } from "../http/limits.ts";
import { mediaTypeOf, type Transport } from "../http/transport.ts";
import { readPassingStatus } from "../wire/api_reply.ts";
import { toError } from "../wire/failure_error.ts";
import { encodeImagePath } from "../wire/image_path.ts";
import { isJsonType, parseObject } from "../wire/plain_reply.ts";
import { boundedStream } from "./image_stream.ts";

/** How much of a refusal is read, in bytes. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** The limits of one download. */
export interface OpenImageOptions {
  readonly maxBytes: number;
  /** How long the headers, and then each piece of the body, may take, in milliseconds. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

/**
 * Opens a picture by the path that the server named, or the `data:` URL that contains it. Follows
 * no redirect.
 *
 * @throws {ServerError} If there is no such picture or the path leaves the server's base URL.
 * @throws {ServerRefusedError} If the server requires a login for its pictures.
 * @throws {ServerUnreachableError} If no picture came; the stream fails with it too.
 * @throws {PermissionError} Without Deno's permission for the server.
 * @throws The reason of `options.signal`; the stream fails with it too.
 */
export async function openImage(
  transport: Transport,
  path: string,
  options: OpenImageOptions,
): Promise<ImageBody> {
  if (isDataUrl(path)) return await openDataUrl(path, options);
  const action = `Cannot fetch ${JSON.stringify(path)}`;
  const encoded = encodeImagePath(path, transport.url);
  if (encoded === null) {
    throw new ServerError(`${action}: the path does not lie below ${transport.url}`);
  }
  using opening = startDeadline(options.stallMs);
  const opened = await transport.open(
    { path: encoded, body: null },
    { expires: opening.signal, signal: options.signal },
    async (response) => {
      const refusal = await refusalOf(response, { action, path, transport });
      return refusal ?? response;
    },
  );
  if (opened instanceof Error) throw opened;
  if ("reason" in opened) throw toError(opened, action);
  return {
    body: boundedStream(opened, { ...options, action }),
    contentType: mediaTypeOf(opened.headers),
    isEndSure: hasSureEnd(opened.headers),
  };
}

async function openDataUrl(path: string, options: OpenImageOptions): Promise<ImageBody> {
  const action = "Cannot read a picture that the server sent in its answer";
  options.signal.throwIfAborted();
  try {
    const response = await fetch(path);
    return {
      body: boundedStream(response, { ...options, action }),
      contentType: mediaTypeOf(response.headers),
      isEndSure: true,
    };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ServerError(`${action}: it is not a data: URL that can be read`);
  }
}

/**
 * Says whether the body has a known length or an end mark; otherwise it ends with the connection.
 */
function hasSureEnd(headers: Headers): boolean {
  return headers.has("content-length") || headers.has("transfer-encoding");
}

/**
 * Why a response is not a picture (`swarmui-protocol.md §2.4`). Its body is then read or discarded.
 */
async function refusalOf(
  response: Response,
  { action, path, transport }: {
    readonly action: string;
    readonly path: string;
    readonly transport: Transport;
  },
): Promise<AppError | null> {
  const { status, headers } = response;
  const mediaType = mediaTypeOf(headers);
  const isJson = isJsonType(mediaType);
  // A workflow may make JSON too, which is then called so.
  const isFile = isJson ? /\.(json|gltf)$/i.test(path) : mediaType !== "text/html";
  if (status === 200 && isFile) return null;
  const said = isJson ? await wordsOf(response) : null;
  if (said === null) await response.body?.cancel();
  const retryAfterMs = transport.retryAfterMs(headers);
  const passing = readPassingStatus({ status, mediaType, retryAfterMs });
  // If SwarmUI cannot read a file, it says so with a 500 and an id.
  if (passing !== null && !said?.isSwarm) return toError(passing, action);
  const words = said?.words ?? null;
  if (status === 401 || status === 403) {
    return new ServerRefusedError(
      `${action}: the server requires an Authorization header or a login (give --api-key or --token)`,
    );
  }
  if (status === 400 && words !== null && /unauthorized/i.test(words)) {
    return new ServerRefusedError(
      `${action}: ${words} (log in with asset-generator login, or give this account's --token)`,
    );
  }
  if (words !== null) return new ServerError(`${action}: ${words}`);
  if (status >= 300 && status < 400) {
    return new ServerError(`${action}: the server redirects elsewhere, and that is not followed`);
  }
  return new ServerUnreachableError(
    `${action}: HTTP status ${status} with ${mediaType ?? "no content type"} is no picture`,
  );
}

async function wordsOf(
  response: Response,
): Promise<{ readonly words: string; readonly isSwarm: boolean }> {
  const body = parseObject(await readText(response, MAX_REFUSAL_BYTES) ?? "");
  const error = body?.["error"];
  return {
    words: typeof error === "string" ? error : `HTTP status ${response.status}`,
    isSwarm: typeof body?.["error_id"] === "string",
  };
}
