/**
 * Interprets the messages of GenerateText2ImageWS in order (`swarmui-protocol.md §4`). It remembers
 * earlier messages, and does no I/O.
 */
import type { HideSecrets } from "../../hide_secrets.ts";
import { EXTRA_IMAGES_MAX } from "../../generation/run/collected_images.ts";
import type { GenerationEvent } from "../../generation/server/image_server.ts";
import { isJsonObject, readJson } from "../../json_object.ts";
import { CUT_DEPTHS } from "../../generation/pictures/swarm_metadata.ts";
import { readError } from "./api_reply.ts";
import { type CallFailure, hideSession, type Outcome, withoutSecrets } from "./failure.ts";
import {
  decodeDiscard,
  decodeImage,
  decodeProgress,
  type WireProgress,
} from "./generation_answers.ts";
import { decodeCounters } from "./server_answers.ts";

/** The meaning of one message. */
export type FrameMeaning =
  /** `null`: nothing of interest. */
  | { readonly kind: "event"; readonly event: GenerationEvent | null }
  /** The server refuses the whole request. */
  | { readonly kind: "refused"; readonly failure: CallFailure }
  /** Not a message of SwarmUI; `problem`: what is wrong with it, in lower case. */
  | { readonly kind: "garbage"; readonly problem: string };

const NOTHING: FrameMeaning = { kind: "event", event: null };
/** An exception before the first run: then there is neither an error nor `discard_indices` (§4.3). */
const UNPREPARED = "the server could not prepare the request, and only its log says why";

interface RunProgress {
  readonly overall: number;
  readonly current: number;
  /** Whether a message without a preview came: only these have the right `overall`. */
  readonly isMeasured: boolean;
}

/** Reads the messages of one request, in order. */
export class FrameReader {
  readonly #hide: HideSecrets;
  readonly #imagesMax: number;
  readonly #tell: (message: string) => void;
  readonly #noted = new Set<string>();
  readonly #runs = new Map<number, RunProgress>();
  #hasEnded = false;

  /**
   * @param secret The session id, which no error may repeat.
   * @param options.hide Removes the credentials from the server's texts.
   * @param options.images How many images were requested; not many more are accepted.
   * @param options.note Called with each limit that is reached, as a sentence; once for each.
   */
  constructor(
    secret: string,
    options: {
      readonly hide?: HideSecrets;
      readonly images?: number;
      readonly note?: (message: string) => void;
    } = {},
  ) {
    const { hide = (words) => words } = options;
    const hideId = hideSession(secret);
    this.#hide = (words) => hideId(hide(words));
    this.#imagesMax = (options.images ?? 0) + EXTRA_IMAGES_MAX;
    this.#tell = options.note ?? (() => {});
  }

  /** Whether the request has ended as SwarmUI ends one that was worked on, or refused (§4.2, §4.3). */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** A message has no type: its kind is the key that it contains, tried in the order of §4.4. */
  read(text: string): FrameMeaning {
    const { value: message, isCut } = readJson(text);
    if (!isJsonObject(message)) return garbage("it is not a JSON object");
    if (isCut) this.#note(`A message of the server ${CUT_DEPTHS}`);
    const refusal = readError(message, "GenerateText2ImageWS");
    if (refusal !== null) return readRefusal(withoutSecrets(refusal, this.#hide));
    if ("image" in message) {
      const image = decodeImage(
        message,
        (limit) => this.#note(`The metadata of an image ${limit}`),
      );
      return meaning(image, (image) => ({ kind: "image", image }));
    }
    if ("gen_progress" in message) {
      return meaning(decodeProgress(message["gen_progress"]), (told) => this.#advance(told));
    }
    if ("discard_indices" in message) {
      this.#hasEnded = true;
      return meaning(
        decodeDiscard(this.#bounded(message["discard_indices"])),
        (indices) => indices.length === 0 ? null : { kind: "discard", indices },
      );
    }
    if ("socket_intention" in message) {
      if (message["socket_intention"] !== "close") return NOTHING;
      const over = { kind: "over", ...(this.#hasEnded ? {} : { doubt: UNPREPARED }) } as const;
      this.#hasEnded = true;
      return { kind: "event", event: over };
    }
    if ("status" in message) {
      return meaning(decodeCounters(message), (counters) => ({ kind: "status", counters }));
    }
    return NOTHING;
  }

  #advance(told: WireProgress): GenerationEvent | null {
    if (told.overall === null && told.current === null) return null;
    const known = this.#runs.get(told.index);
    if (known === undefined && this.#runs.size >= this.#imagesMax) {
      this.#note(
        `The server reports more than ${this.#imagesMax} images in progress: the rest is left out`,
      );
      return null;
    }
    const before = known ?? { overall: 0, current: 0, isMeasured: false };
    // The `overall` of a preview is ahead of the truth; it is used only if a backend sends nothing
    // else.
    const isBetter = told.overall !== null && !(told.hasPreview && before.isMeasured);
    const overall = isBetter ? Math.max(before.overall, fraction(told.overall)) : before.overall;
    const current = told.current === null ? before.current : fraction(told.current);
    const isMeasured = before.isMeasured || (isBetter && !told.hasPreview);
    this.#runs.set(told.index, { overall, current, isMeasured });
    if (overall === known?.overall && current === known.current) return null;
    return { kind: "progress", index: told.index, overall, current };
  }

  #note(message: string): void {
    if (this.#noted.has(message)) return;
    this.#noted.add(message);
    this.#tell(message);
  }

  /** A list of indices, cut to what is possible. */
  #bounded(indices: unknown): unknown {
    if (!Array.isArray(indices) || indices.length <= this.#imagesMax) return indices;
    this.#note(`The server takes back more than ${this.#imagesMax} images: the rest is left out`);
    return indices.slice(0, this.#imagesMax);
  }
}

function readRefusal(refusal: CallFailure): FrameMeaning {
  // An error in the server's own words is news about a running request, even if it is the last.
  return refusal.reason === "server_error"
    ? {
      kind: "event",
      event: { kind: "error", message: refusal.message },
    }
    : { kind: "refused", failure: refusal };
}

function meaning<T>(
  outcome: Outcome<T>,
  make: (value: T) => GenerationEvent | null,
): FrameMeaning {
  return outcome.ok
    ? { kind: "event", event: make(outcome.value) }
    : garbage(outcome.message.replace(/^the answer /, "it "));
}

function garbage(problem: string): FrameMeaning {
  return { kind: "garbage", problem };
}

function fraction(value: number): number {
  return Math.min(1, Math.max(0, value));
}
