/** A WebSocket with a fault that a test has ordered. */
import type { Connection } from "../wire/connection.ts";
import { ServerSocket } from "../wire/server_socket.ts";
import type { SocketFault } from "./faults.ts";

/** Works like any socket until its fault is due. */
export class FaultySocket extends ServerSocket {
  readonly #fault: SocketFault;
  #framesLeft: number;
  #isSilent = false;

  constructor(
    connection: Connection,
    options: { readonly hear: (text: string) => void; readonly fault: SocketFault },
  ) {
    super(connection, options.hear);
    const { fault } = options;
    this.#fault = fault;
    this.#framesLeft = fault.kind === "never_close_socket" ? Infinity : fault.frames ?? 0;
    this.#misbehaveIfDue(Promise.resolve());
  }

  override send(text: string): Promise<void> {
    if (this.#isSilent) return Promise.resolve();
    this.#framesLeft--;
    const sent = super.send(text);
    this.#misbehaveIfDue(sent);
    return sent;
  }

  override async close(code: number): Promise<void> {
    if (this.#isSilent || this.#fault.kind === "never_close_socket") await this.closed;
    else await super.close(code);
  }

  /** Nobody waits for a frame to be sent, so what follows must be decided at once. */
  #misbehaveIfDue(sent: Promise<void>): void {
    if (this.#framesLeft !== 0) return;
    this.#framesLeft = Infinity;
    const fault = this.#fault;
    this.#isSilent = /^(drop|close|silent)_/.test(fault.kind);
    if (fault.kind === "drop_socket_after_frame") sent.then(() => this.drop());
    if (fault.kind === "close_socket_after_frame") super.close(fault.code ?? 1_000);
    if (fault.kind === "garbage_frame") super.send('{"gen_progress": ');
    if (fault.kind === "extra_frame") super.send(fault.text);
    if (fault.kind === "broken_frame") this.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
  }
}
