/**
 * Deno's `WebSocket` with a time limit for opening, immediate closing, and plain words for its
 * ends.
 *
 * Measured with Deno 2.9.6: it waits for ever for the server to accept the connection, and for the
 * server to close it. So opening has a deadline here; the second keeps the process alive until that
 * exits. It delivers the next message only when the listener has returned from the previous one,
 * and does not wait for promises of the listener: so the listener must be quick and limit what it
 * keeps. It reads frames of less than 64 MiB, and does not check that the server's handshake
 * matches the request. While messages come faster than they are read, also after `close()`, nothing
 * else gets a turn: no timer, no signal, no answer over HTTP (19 s seen). So a flood is detected
 * where messages arrive, and reading stops then.
 */
import type { Clock } from "../../generation/clock.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import { startDeadline } from "../http/deadline.ts";
import { inWords, networkProblem } from "../http/network_problem.ts";
import { type CallFailure, failure } from "../wire/failure.ts";
import { FloodGauge } from "./flood_gauge.ts";

/** How a connection ended. */
export type Ending =
  /** The server closed the connection properly; `null`: without a code. */
  | { readonly kind: "closed"; readonly code: number | null }
  /** The connection can no longer be used. */
  | { readonly kind: "lost"; readonly failure: CallFailure };

/** Gets what the server sends. */
export interface SocketListener {
  /** A message; `null`: one that is not text. */
  onMessage(text: string | null): void;
  /** Called once, after all messages; never after `drop()`. */
  onEnd(ending: Ending): void;
  /** The server sends too much, and reading has stopped; may be called after `drop()`. */
  onFlood(): void;
}

/** An open connection. */
export interface OpenSocket {
  /** Sends a text message; `false` if the connection has already ended. */
  send(text: string): boolean;
  /** Ends the connection without waiting for the server; the listener is not called any more. */
  drop(): void;
}

/** How a WebSocket is opened. */
export interface SocketOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** From `HttpClients.to()`. */
  readonly client?: Deno.HttpClient;
  readonly listener: SocketListener;
  /** Time limit for connecting, TLS and the handshake together, in milliseconds. */
  readonly timeoutMs: number;
  readonly maxMessageBytes: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Opens a WebSocket at an `http:` or `https:` address. Needs Deno's permission for its host and port,
 * which must have been checked.
 *
 * @throws The reason of `options.signal`, and nothing else.
 */
export async function openWebSocket(
  url: string,
  options: SocketOptions,
): Promise<OpenSocket | CallFailure> {
  const { headers, client, signal } = options;
  signal.throwIfAborted();
  using deadline = startDeadline(options.timeoutMs);
  const settled = Promise.withResolvers<OpenSocket | CallFailure>();
  let socket: OpenSocket;
  try {
    socket = listen(
      new WebSocket(url, client === undefined ? { headers } : { headers, client }),
      options,
      settled.resolve,
    );
  } catch (error) {
    return networkProblem(error);
  }
  const outcome = await untilAborted(
    settled.promise,
    AbortSignal.any([signal, deadline.signal]),
  );
  if (outcome === null || signal.aborted) socket.drop();
  signal.throwIfAborted();
  return outcome ?? failure("timeout", "no WebSocket in time");
}

function listen(
  socket: WebSocket,
  { listener, maxMessageBytes, clock }: SocketOptions,
  settle: (outcome: OpenSocket | CallFailure) => void,
): OpenSocket {
  let isOpen = false;
  let problem: CallFailure | null = null;
  const gauge = new FloodGauge(() => clock.monotonicMs());
  function endFlood(): void {
    stopReading(socket);
    open.drop();
    listener.onFlood();
  }
  const open = {
    send(text: string): boolean {
      if (socket.readyState !== WebSocket.OPEN) return false;
      socket.send(text);
      return true;
    },
    drop(): void {
      // Otherwise about 500 messages that came earlier would still be delivered.
      socket.onopen =
        socket.onmessage =
        socket.onerror =
        socket.onclose =
          null;
      socket.close();
    },
  };
  socket.binaryType = "arraybuffer";
  hearFrames(socket, () => {
    if (gauge.isCrowded()) endFlood();
  });
  socket.onopen = () => {
    isOpen = true;
    settle(open);
  };
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    const size = sizeOf(data);
    if (gauge.isFull(size)) return endFlood();
    if (size <= maxMessageBytes) return listener.onMessage(typeof data === "string" ? data : null);
    open.drop();
    listener.onEnd({ kind: "lost", failure: socketProblem("Frame too large", true) });
  };
  socket.onerror = (event) => {
    problem = socketProblem(event instanceof ErrorEvent ? event.message : "", isOpen);
    settle(problem);
  };
  socket.onclose = ({ code }) => {
    if (!isOpen) return;
    listener.onEnd(
      problem === null
        // The code that browsers give to a close without a code.
        ? { kind: "closed", code: code === 1005 ? null : code }
        : { kind: "lost", failure: problem },
    );
  };
  return open;
}

/** In UTF-16 units, or in bytes if it is not text. */
function sizeOf(data: string | ArrayBuffer): number {
  return typeof data === "string" ? data.length : data.byteLength;
}

/** The message of an error event, which is all that Deno gives. */
function socketProblem(message: string, isOpen: boolean): CallFailure {
  const said = message.replace(/^.*failed to connect to WebSocket: /, "");
  const status = /^Invalid status code: (\d+)$/.exec(said)?.[1];
  if (status !== undefined) {
    const refused = failure(
      "not_swarmui",
      `the WebSocket was refused with HTTP status ${status}`,
    );
    return { ...refused, refusedWith: Number(status) };
  }
  return failure(isOpen ? "protocol" : "unreachable", inWords(said));
}

/*
 * What Deno's `WebSocket` lacks against a server that floods it: `close()` does not end the reading,
 * which goes on until the server closes too, and pongs are never reported. Both need private parts of
 * the class (seen in Deno 2.9.6). If another version of Deno names them differently, nothing is done.
 */

/** Stops reading from an open socket. The connection itself ends with the process. */
function stopReading(socket: WebSocket): void {
  const state = symbolOf(socket, "[[readyState]]");
  if (state !== undefined) Reflect.set(socket, state, WebSocket.CLOSED);
}

/** Reports every message and pong that is read, before the message itself, also after `close()`. */
function hearFrames(socket: WebSocket, onFrame: () => void): void {
  const hear = symbolOf(WebSocket.prototype, "[[serverHandleIdleTimeout]]");
  if (hear !== undefined) Reflect.set(socket, hear, onFrame);
}

function symbolOf(owner: object, name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(owner).find(({ description }) => description === name);
}
