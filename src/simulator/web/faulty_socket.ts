/** A WebSocket that goes wrong as it was told to. */
import type { SocketFault } from "./faults.ts";
import type { ServerSocket, Socket } from "../wire/web_socket.ts";

/** Passes everything on, until its fault is due. */
export class FaultySocket implements Socket {
  readonly #socket: ServerSocket;
  readonly #fault: SocketFault;
  #framesLeft: number;
  #isSilent = false;

  constructor(socket: ServerSocket, fault: SocketFault) {
    this.#socket = socket;
    this.#fault = fault;
    this.#framesLeft = fault.kind === "never_close_socket" ? Infinity : fault.frames ?? 0;
    this.#misbehaveIfDue(Promise.resolve());
  }

  receive(): Promise<string | null> {
    return this.#socket.receive();
  }

  send(text: string): Promise<void> {
    if (this.#isSilent) return Promise.resolve();
    this.#framesLeft--;
    const sent = this.#socket.send(text);
    this.#misbehaveIfDue(sent);
    return sent;
  }

  async close(code: number): Promise<void> {
    if (this.#isSilent || this.#fault.kind === "never_close_socket") await this.#socket.closed;
    else await this.#socket.close(code);
  }

  drop(): void {
    this.#socket.drop();
  }

  /** Nobody waits for a frame to be sent, so what comes after must be decided at once. */
  #misbehaveIfDue(sent: Promise<void>): void {
    if (this.#framesLeft !== 0) return;
    this.#framesLeft = Infinity;
    const fault = this.#fault;
    switch (fault.kind) {
      case "drop_socket_after_frame":
        this.#isSilent = true;
        sent.then(() => this.#socket.drop());
        return;
      case "close_socket_after_frame":
        this.#isSilent = true;
        this.#socket.close(fault.code ?? 1_000);
        return;
      case "garbage_frame":
        this.#socket.send('{"gen_progress": ');
        return;
      case "extra_frame":
        this.#socket.send(fault.text);
        return;
      case "broken_frame":
        this.#socket.sendGarbage(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
        return;
      case "silent_after_frame":
        this.#isSilent = true;
        return;
      case "never_close_socket":
        return;
    }
  }
}

/** Says whether a fault is one of an open WebSocket. */
export function isSocketFault(fault: { readonly kind: string }): fault is SocketFault {
  return /_frame$|_socket$/.test(fault.kind);
}
