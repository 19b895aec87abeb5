/** The server's log, as ListRecentLogMessages shows it (`swarmui-protocol.md §7.6`). */
import type { JsonObject } from "../../json_object.ts";

const MAX_MESSAGES = 500;

/** Kinds of messages and their colours. */
export const LOG_TYPES: readonly JsonObject[] = [
  { name: "Verbose", color: "#606060", identifier: "" },
  { name: "Debug", color: "#808080", identifier: "" },
  { name: "Info", color: "#00FFFF", identifier: "" },
  { name: "Init", color: "#00FF00", identifier: "" },
  { name: "Warning", color: "#FFFF00", identifier: "" },
  { name: "Error", color: "#FF0000", identifier: "" },
];

/** The last messages; all of them are of the kind `Info`. */
export class ServerLog {
  readonly #messages: { readonly sequence_id: number; time: string; message: string }[] = [];
  #lastSequenceId = 0;

  /** The number of the last message. */
  get lastSequenceId(): number {
    return this.#lastSequenceId;
  }

  /**
   * Writes a message.
   *
   * @param message Must not hold a session id.
   * @param nowMs Epoch milliseconds.
   */
  write(message: string, nowMs: number): void {
    const time = new Date(nowMs).toISOString().replace("T", " ").slice(0, 23);
    this.#messages.push({ sequence_id: ++this.#lastSequenceId, time, message });
    if (this.#messages.length > MAX_MESSAGES) this.#messages.shift();
  }

  /** Messages of one kind after a number. */
  since(type: string, sequenceId: number): readonly JsonObject[] {
    return type === "Info" ? this.#messages.filter((each) => each.sequence_id > sequenceId) : [];
  }
}
