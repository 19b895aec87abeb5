/**
 * Faults that a test can order: a server that hangs, breaks off or answers nonsense
 * (`swarmui-protocol.md §2`).
 */
import type { JsonObject } from "../../json_object.ts";

/** What happens to a request of a route. */
export type HttpFault =
  /** Accepts and never answers; a WebSocket handshake too. */
  | { readonly kind: "hang" }
  /**
   * Ends the connection without an answer. Clients may repeat a request by themselves if a kept
   * connection ends like this: give `times: Infinity`.
   */
  | { readonly kind: "close" }
  /**
   * Does what was asked, and stops in the middle of the answer's body: silently, or by closing the
   * connection.
   */
  | { readonly kind: "hang_mid_body" }
  | { readonly kind: "close_mid_body" }
  /** Does what was asked, but answers late. */
  | { readonly kind: "slow"; readonly delayMs: number }
  /** 200 with a web page. */
  | { readonly kind: "html" }
  /** A bare status; a WebSocket handshake too. */
  | { readonly kind: "status"; readonly status: number }
  /** 302 to another place. */
  | { readonly kind: "redirect"; readonly location: string }
  /** 200, declared as JSON, but broken off. */
  | { readonly kind: "garbage_json" }
  /** 200 with any JSON text, e.g. of a wrong shape, or an API error. */
  | {
    readonly kind: "json";
    readonly body: JsonObject | readonly unknown[];
    readonly status?: number;
  }
  /** 200 with an empty body. */
  | { readonly kind: "empty" }
  /** 200 with endless spaces; default 65 MiB. */
  | { readonly kind: "huge"; readonly mebibytes?: number };

/** What happens to an open WebSocket, after a number of frames of the server; default 0. */
export type SocketFault =
  /** Ends the connection without a close frame. */
  | { readonly kind: "drop_socket_after_frame"; readonly frames?: number }
  /** Sends a close frame before its work is over; default code 1000. */
  | { readonly kind: "close_socket_after_frame"; readonly frames?: number; readonly code?: number }
  /** Sends text that is not JSON, and goes on. */
  | { readonly kind: "garbage_frame"; readonly frames?: number }
  /** Sends the text unchanged, and goes on. */
  | { readonly kind: "extra_frame"; readonly text: string; readonly frames?: number }
  /** Sends bytes that are no frame at all. */
  | { readonly kind: "broken_frame"; readonly frames?: number }
  /** Sends nothing more, and keeps the connection open. */
  | { readonly kind: "silent_after_frame"; readonly frames?: number }
  /** Never closes the socket, and never answers a close. */
  | { readonly kind: "never_close_socket" };

/** A fault of one route. */
export type Fault = (HttpFault | SocketFault) & {
  /** An API route, `View` or `ComfyBackendDirect`; `*` is all of them. */
  readonly route: string;
  /** How often; default once. `Infinity` until `clearFaults()`. */
  readonly times?: number;
};

/** Says whether a fault is one of an open WebSocket. */
export function isSocketFault(fault: { readonly kind: string } | null): fault is SocketFault {
  return /_frame$|_socket$/.test(fault?.kind ?? "");
}

/** The faults that are still to come. */
export class Faults {
  #coming: { readonly fault: Fault; left: number }[] = [];

  /** Adds one; those of a route happen in the order in which they were added. */
  add(fault: Fault): void {
    this.#coming.push({ fault, left: fault.times ?? 1 });
  }

  /** The fault for the present request of a route, if any. */
  take(route: string): Fault | null {
    const next = this.#coming.find(({ fault }) => fault.route === route || fault.route === "*");
    if (next === undefined) return null;
    next.left--;
    if (next.left <= 0) this.#coming = this.#coming.filter((each) => each !== next);
    return next.fault;
  }

  /** Removes all faults. */
  clear(): void {
    this.#coming = [];
  }
}
