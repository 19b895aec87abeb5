/**
 * What the messages of GenerateText2ImageWS mean, one after another (`swarmui-protocol.md §4`). Has the
 * memory that this takes and does no I/O.
 */
import type { GenerationEvent } from "../generation/image_server.ts";
import { type JsonObject, parseObject, readError } from "./api_reply.ts";
import { type CallFailure, type Outcome, withoutSecret } from "./failure.ts";
import { decodeCounters } from "./wire.ts";
import {
  decodeDiscard,
  decodeImage,
  decodeProgress,
  type WireProgress,
} from "./wire_generation.ts";

/** What one message tells. */
export type FrameMeaning =
  /** `null`: nothing of interest. */
  | { readonly kind: "event"; readonly event: GenerationEvent | null }
  /** The server refuses the whole request. */
  | { readonly kind: "refused"; readonly failure: CallFailure }
  /** Not a message of SwarmUI's. */
  | { readonly kind: "garbage" };

const NOTHING: FrameMeaning = { kind: "event", event: null };
const GARBAGE: FrameMeaning = { kind: "garbage" };

interface RunProgress {
  readonly overall: number;
  readonly current: number;
  /** Whether a message without a preview came: only such a one tells `overall` rightly. */
  readonly isMeasured: boolean;
}

/** Reads the messages of one request, in order. */
export class FrameReader {
  readonly #secret: string;
  readonly #runs = new Map<number, RunProgress>();

  /** @param secret The session id, which no error may repeat. */
  constructor(secret: string) {
    this.#secret = secret;
  }

  /** A message has no type: its kind is the key that is present, tried in the order of §4.4. */
  read(text: string): FrameMeaning {
    const message = parseObject(text);
    if (message === null) return GARBAGE;
    const refusal = readError(message, "GenerateText2ImageWS");
    if (refusal !== null) return readRefusal(withoutSecret(refusal, this.#secret));
    if ("image" in message) {
      return meaning(decodeImage(message), (image) => ({ kind: "image", image }));
    }
    if ("gen_progress" in message) {
      return meaning(decodeProgress(message["gen_progress"]), (told) => this.#advance(told));
    }
    if ("discard_indices" in message) {
      return meaning(
        decodeDiscard(message["discard_indices"]),
        (indices) => indices.length === 0 ? null : { kind: "discard", indices },
      );
    }
    if ("socket_intention" in message) return readIntention(message);
    if ("status" in message) {
      return meaning(decodeCounters(message), (counters) => ({ kind: "status", counters }));
    }
    return NOTHING;
  }

  #advance(told: WireProgress): GenerationEvent | null {
    if (told.overall === null && told.current === null) return null;
    const known = this.#runs.get(told.index);
    const before = known ?? { overall: 0, current: 0, isMeasured: false };
    // A preview's `overall` is ahead of the truth; it counts only where a backend sends no other.
    const isBetter = told.overall !== null && !(told.hasPreview && before.isMeasured);
    const overall = isBetter
      ? Math.max(before.overall, fraction(told.overall ?? 0))
      : before.overall;
    const current = told.current === null ? before.current : fraction(told.current);
    const isMeasured = before.isMeasured || (isBetter && !told.hasPreview);
    this.#runs.set(told.index, { overall, current, isMeasured });
    if (overall === known?.overall && current === known.current) return null;
    return { kind: "progress", index: told.index, overall, current };
  }
}

function readRefusal(refusal: CallFailure): FrameMeaning {
  // An error in the server's own words is news of a running request, even if it is the last.
  return refusal.reason === "server_error"
    ? {
      kind: "event",
      event: { kind: "error", message: refusal.message, errorId: refusal.errorId },
    }
    : { kind: "refused", failure: refusal };
}

function readIntention(message: JsonObject): FrameMeaning {
  return message["socket_intention"] === "close"
    ? { kind: "event", event: { kind: "over" } }
    : NOTHING;
}

function meaning<T>(
  outcome: Outcome<T>,
  make: (value: T) => GenerationEvent | null,
): FrameMeaning {
  return outcome.ok ? { kind: "event", event: make(outcome.value) } : GARBAGE;
}

function fraction(value: number): number {
  return Math.min(1, Math.max(0, value));
}
