/** Reading an HTTP/1.1 answer from a connection (RFC 9112). */
import { GatheredBytes } from "./bounded_body.ts";
import type { IncomingBytes } from "./incoming_bytes.ts";

/** The longest head that is read. */
const MAX_HEAD_BYTES = 64 * 1024;
/** The longest line with a chunk's size. */
const MAX_CHUNK_LINE_BYTES = 4 * 1024;
/** A header's name (RFC 9110 §5.6.2). */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Headers by their names in lower case. */
export class AnswerHeaders {
  readonly #values = new Map<string, string>();

  /** @throws {Deno.errors.InvalidData} If a line is no header. */
  constructor(lines: readonly string[]) {
    for (const line of lines) {
      const colon = line.indexOf(":");
      const name = line.slice(0, Math.max(0, colon)).toLowerCase();
      const value = withoutBlanks(line.slice(colon + 1));
      if (!NAME.test(name) || /[\0\r\n]/.test(value)) {
        throw unreadable("a line of its head is no header");
      }
      const known = this.get(name);
      this.#values.set(name, known === null ? value : `${known}, ${value}`);
    }
  }

  /** A header's value, those of a repeated one joined with commas; `null` without it. */
  get(name: string): string | null {
    return this.#values.get(name) ?? null;
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return this.#values[Symbol.iterator]();
  }
}

/** The head of an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: AnswerHeaders;
}

/**
 * Reads an answer's head; interim answers (1xx) before it are passed over, but for 101.
 *
 * @throws {Deno.errors.UnexpectedEof} If the connection ends before.
 * @throws {Deno.errors.InvalidData} If it is not HTTP/1.
 */
export async function readHead(incoming: IncomingBytes): Promise<AnswerHead> {
  for (;;) {
    // At once: what speaks another protocol may say a word and wait for ever.
    if (!await incoming.startsWith("HTTP/1.")) throw notHttp();
    const text = await incoming.upTo("\r\n\r\n", MAX_HEAD_BYTES);
    if (text === null) {
      throw incoming.hasEnded ? closedEarly() : unreadable("its head is too long");
    }
    const [statusLine = "", ...lines] = text.split("\r\n");
    const status = /^HTTP\/1\.[01] ([1-5]\d\d)(?: |$)/.exec(statusLine)?.[1];
    if (status === undefined) throw notHttp();
    if (status.startsWith("1") && status !== "101") continue;
    return { status: Number(status), headers: new AnswerHeaders(lines) };
  }
}

/**
 * The body that follows a head, as it comes.
 *
 * @throws {Deno.errors.UnexpectedEof} If the connection ends before.
 * @throws {Deno.errors.InvalidData} If its length cannot be told, or it is compressed unasked.
 */
export function bodyPieces(head: AnswerHead, incoming: IncomingBytes): AsyncIterable<Uint8Array> {
  const { status, headers } = head;
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") throw unreadable("it is compressed, which was not asked for");
  if (status === 204 || status === 304) return piecesOf(incoming, 0);
  const transfer = headers.get("transfer-encoding");
  if (transfer === null) return piecesOf(incoming, contentLength(head));
  if (transfer.toLowerCase() === "chunked") return chunksOf(incoming);
  throw unreadable("it comes in an unknown encoding");
}

/**
 * Reads the whole body that follows a head.
 *
 * @param options.maxBytes The most that is read.
 * @returns `null` if there is more.
 * @throws As `bodyPieces()`.
 */
export async function gatherBody(
  head: AnswerHead,
  { incoming, maxBytes }: { readonly incoming: IncomingBytes; readonly maxBytes: number },
): Promise<Uint8Array | null> {
  const gathered = new GatheredBytes(maxBytes);
  for await (const piece of bodyPieces(head, incoming)) {
    if (!gathered.add(piece)) return null;
  }
  return gathered.bytes;
}

/** What the head says; `null`: until the server closes. */
function contentLength({ headers }: AnswerHead): number | null {
  const said = headers.get("content-length");
  if (said === null) return null;
  const [first = "", ...others] = said.split(",").map((each) => each.trim());
  if (/^\d{1,15}$/.test(first) && others.every((each) => each === first)) return Number(first);
  throw unreadable("its length cannot be told");
}

/** @param length How many bytes there are; `null`: all until the server closes. */
async function* piecesOf(
  incoming: IncomingBytes,
  length: number | null,
): AsyncGenerator<Uint8Array> {
  let left = length ?? Infinity;
  while (left > 0) {
    const piece = await incoming.piece(left);
    if (piece === null) {
      if (length === null) return;
      throw closedEarly();
    }
    left -= piece.length;
    yield piece;
  }
}

async function* chunksOf(incoming: IncomingBytes): AsyncGenerator<Uint8Array> {
  for (;;) {
    const line = await incoming.upTo("\r\n", MAX_CHUNK_LINE_BYTES);
    if (line === null && incoming.hasEnded) throw closedEarly();
    const size = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line ?? "")?.[1];
    if (size === undefined) throw unreadable("the size of a part cannot be told");
    const length = Number.parseInt(size, 16);
    // Trailers may follow; the connection is not used again.
    if (length === 0) return;
    yield* piecesOf(incoming, length);
    const end = await incoming.upTo("\r\n", 0);
    if (end === null && incoming.hasEnded) throw closedEarly();
    if (end === null) throw unreadable("a part is longer than it said");
  }
}

/** Without spaces and tabs around it. Not by a pattern, which could try their splits for days. */
function withoutBlanks(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && " \t".includes(text.charAt(start))) start++;
  while (start < end && " \t".includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function closedEarly(): Error {
  return new Deno.errors.UnexpectedEof("connection closed before message completed");
}

function notHttp(): Error {
  return unreadable("its first line is not of HTTP/1.1");
}

/** What an answer is that keeps no rule of HTTP. */
export function unreadable(found: string): Error {
  return new Deno.errors.InvalidData(`the answer cannot be read: ${found}`);
}
