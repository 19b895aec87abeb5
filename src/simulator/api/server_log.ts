/** The server's log, as ListRecentLogMessages shows it (`swarmui-protocol.md §7.6`). */
import type { JsonObject } from "../json.ts";

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

interface LogMessage {
  readonly sequenceId: number;
  readonly type: string;
  readonly time: string;
  readonly message: string;
}

/** The last messages. */
export class ServerLog {
  readonly #messages: LogMessage[] = [];
  #lastSequenceId = 0;

  /** The number of the last message. */
  get lastSequenceId(): number {
    return this.#lastSequenceId;
  }

  /**
   * Writes a message.
   *
   * @param options.message Must not hold a session id.
   * @param options.nowMs Epoch milliseconds.
   */
  write(
    type: "Info" | "Warning" | "Error",
    options: { readonly message: string; readonly nowMs: number },
  ): void {
    const time = new Date(options.nowMs).toISOString().replace("T", " ").slice(0, 23);
    this.#messages.push({
      sequenceId: ++this.#lastSequenceId,
      type,
      time,
      message: options.message,
    });
    if (this.#messages.length > MAX_MESSAGES) this.#messages.shift();
  }

  /** Messages of one kind after a number. */
  since(type: string, sequenceId: number): readonly JsonObject[] {
    return this.#messages
      .filter((each) => each.type === type && each.sequenceId > sequenceId)
      .map((each) => ({ sequence_id: each.sequenceId, time: each.time, message: each.message }));
  }
}
