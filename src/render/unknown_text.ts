/** Why it is not known whether a generation is running, in words. Pure. */
import type { NoAnswerReason } from "../detection/answer.ts";
import type { UnknownReason } from "../detection/unknown_reason.ts";

/** What a person calls the sources on which a verdict rests. */
const SOURCES: ReadonlyMap<string, string> = new Map([
  ["global_status", "SwarmUI's counters"],
  ["comfy_queue", "ComfyUI's queues"],
  ["backend_status", "the list of backends"],
]);

const REASONS: Readonly<Record<NoAnswerReason, string>> = {
  permission: "Deno does not allow asking",
  not_permitted: "this user may not ask",
  refused: "the server refused",
  not_supported: "the server is too old to tell",
  unreachable: "no connection",
  timeout: "no answer in time",
  not_swarmui: "the answer was not SwarmUI's",
  protocol: "the answer could not be understood",
  server_error: "the server failed",
  not_asked: "not asked",
  failed: "the question failed",
};

/** Makes the words; they may hold foreign text. */
export function unknownText({ evidence, message }: UnknownReason): string {
  const name = SOURCES.get(evidence?.source ?? "");
  if (evidence === null || name === undefined) return message;
  const found = evidence.message ?? (evidence.reason && REASONS[evidence.reason]) ?? "no answer";
  // The server's own words are a sentence; here they are a part of one.
  return `${name}: ${found.replace(/\.$/, "")}`;
}
