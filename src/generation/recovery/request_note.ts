/**
 * What is kept about a request for a day, only in the user's private scope: how to recognise its
 * pictures, how to name their files, and what became of it. The record is removed when the server's
 * work is over; the note stays, so that `attach` can still report the result and get the pictures,
 * from any directory.
 */
import { cutText } from "../../cut_text.ts";
import type { ErrorCode } from "../../errors.ts";
import type { ImageTrail } from "./find_images.ts";
import { isDataUrl } from "../server/image_server.ts";
import type { ImageRequest, MadeImage } from "../server/image_server.ts";
import { trailOf } from "./recover_generation.ts";
import type { EndedState, GenerationHarvest } from "../run/generation_result.ts";

/** A request that was sent. */
export interface RequestNote extends ImageTrail {
  readonly id: string;
  /** Normalised base URL without user info. */
  readonly serverUrl: string;
  /** Images that one run of the server makes. */
  readonly batchSize: number;
  /** The prompt, or the beginning of a very long one. */
  readonly prompt: string;
  /** In pixels; `null`: the server's own default. */
  readonly width: number | null;
  readonly height: number | null;
  /** Steps of each image; `null`: the server's own default. */
  readonly steps: number | null;
  /** Whether the server was seen to have it. */
  readonly isAccepted: boolean;
  /** Its pictures that the server has told of and keeps, until its end is noted. */
  readonly announced: readonly MadeImage[];
  /** How it ended; `null`: not known yet. */
  readonly end: RequestEnd | null;
}

/** How a request ended. */
export interface RequestEnd {
  readonly state: EndedState;
  /** Epoch milliseconds; `null`: nobody saw it end, which may be long ago. */
  readonly endedAt: number | null;
  /** Its images that the server kept, and other outputs; `null`: too many to be kept here. */
  readonly made: Pick<GenerationHarvest, "images" | "extras"> | null;
  /** How many images that were asked for were made, kept by the server or not; `null`: not known. */
  readonly imagesMade: number | null;
  readonly serverMayWork: boolean | null;
  /**
   * Why the result is not what was asked for, as it was reported; `null`: it is, or it was not
   * reported yet.
   */
  readonly problem: { readonly code: ErrorCode; readonly message: string } | null;
}

/** The port for this user's notes. They hold no session. */
export interface RequestLog {
  /** Writes a note, and replaces an older one of the same id. A failure is not an error. */
  put(note: RequestNote): Promise<void>;
  /** The note of a generation; `null` if there is none. Never throws. */
  find(id: string): Promise<RequestNote | null>;
  /** The ids of all notes, those written last first. Never throws. */
  ids(): Promise<readonly string[]>;
}

/** How much of a prompt is kept, in UTF-16 units: nearly always all of it. */
const PROMPT_MAX = 100_000;

/** The note for a request that is about to be sent. */
export function noteOf(
  request: ImageRequest,
  about: { readonly id: string; readonly serverUrl: string; readonly startedAt: number },
): RequestNote {
  return {
    ...trailOf(request, about.startedAt),
    id: about.id,
    serverUrl: about.serverUrl,
    batchSize: request.batchSize ?? 1,
    prompt: cutText(request.prompt, { most: PROMPT_MAX }).text,
    width: request.width ?? null,
    height: request.height ?? null,
    steps: request.steps ?? null,
    isAccepted: false,
    announced: [],
    end: null,
  };
}

/**
 * The pictures that can still be fetched later: those that the server did not keep existed only in
 * its answer.
 */
export function keptOnly(
  { images, extras }: Pick<GenerationHarvest, "images" | "extras">,
): NonNullable<RequestEnd["made"]> {
  const isKept = ({ path }: MadeImage): boolean => !isDataUrl(path);
  return { images: images.filter(isKept), extras: extras.filter(isKept) };
}

/** A picture without what is said of it, which is long. */
export function bareImage({ index, path, seed }: MadeImage): MadeImage {
  return { index, path, seed };
}
