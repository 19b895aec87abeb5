/** How generations ended: the port to where that is kept, as JSON, and several places as one. */
import { isJsonObject, type JsonObject, parseTime } from "../../json_object.ts";

/** How a generation ended, as its own process saw it. */
export type EndOutcome = "finished" | "failed" | "cancelled";

/** A generation that has ended. */
export interface GenerationEnd {
  readonly id: string;
  readonly outcome: EndOutcome;
  /** Epoch milliseconds. */
  readonly endedAt: number;
}

/** The port for the ends of this user's generations, kept for a day. It holds no secret. */
export interface EndLog {
  /**
   * Records an end. A failure is not an error: watchers then see that the generation ended, but not
   * how.
   */
  put(end: GenerationEnd): Promise<void>;
  /** How a generation ended; `null` if that is not known. Never throws. */
  find(id: string): Promise<GenerationEnd | null>;
}

/** Writes an end. */
export function encodeEnd({ id, outcome, endedAt }: GenerationEnd): JsonObject {
  return { id, outcome, ended_at: new Date(endedAt).toISOString() };
}

/** Reads an end; `null` if it is not one, or belongs to another generation. */
export function decodeEnd(value: unknown, id: string): GenerationEnd | null {
  if (!isJsonObject(value) || value["id"] !== id) return null;
  const outcome = value["outcome"];
  const endedAt = parseTime(value["ended_at"]);
  if (endedAt === null) return null;
  if (outcome !== "finished" && outcome !== "failed" && outcome !== "cancelled") return null;
  return { id, outcome, endedAt };
}

/**
 * Writes to all of them; reads one after the other until one knows the end. `null`: there are none.
 */
export function uniteEndLogs(logs: readonly EndLog[]): EndLog | null {
  const [first, ...others] = logs;
  if (first === undefined) return null;
  if (others.length === 0) return first;
  return {
    async put(end): Promise<void> {
      await Promise.all(logs.map((log) => log.put(end)));
    },
    async find(id): Promise<GenerationEnd | null> {
      for (const log of logs) {
        const end = await log.find(id);
        if (end !== null) return end;
      }
      return null;
    },
  };
}
