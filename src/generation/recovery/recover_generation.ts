/**
 * Finishes a generation whose connection was lost: follows its work to the end by its session's
 * counters, and gets its pictures from the server's history.
 */
import {
  AppError,
  type ConnectionLostError,
  continueMessage,
  ServerUnreachableError,
} from "../../errors.ts";
import type { Clock } from "../clock.ts";
import type { Counters } from "../server/counters.ts";
import type { FindOptions, FoundImages, ImageTrail } from "./find_images.ts";
import { findImages } from "./find_images.ts";
import type { WorkEnd } from "./follow_work.ts";
import { followWork } from "./follow_work.ts";
import type { ImageRequest, ImageServer, MadeImage } from "../server/image_server.ts";
import type { ServerSession } from "../session.ts";
import { limitTime, untilAborted } from "../until_aborted.ts";

/** SwarmUI lists a picture within a second (`swarmui-protocol.md §20.7`). */
const LISTED_WITHIN_MS = 1_000;
/** The same, and time for the answers, where the process is to end soon, in milliseconds. */
const LOOK_MS = 1_750;

/** A generation without its connection. */
export interface LostGeneration {
  readonly server: Pick<
    ImageServer,
    "url" | "sessionCounters" | "newSession" | "history" | "keptPictures"
  >;
  readonly session: ServerSession;
  readonly clock: Clock;
  readonly trail: ImageTrail;
  /** Paths of its pictures that arrived before. */
  readonly known: readonly string[];
  /**
   * What ended the connection. This is the problem if nothing shows that the server got the
   * request.
   */
  readonly lost: ConnectionLostError;
  /** Why its pictures have to be looked for, such as `the connection was lost`. */
  readonly why: string;
  /** True once the server was seen to have the request. */
  readonly accepted: boolean;
  /** True if its work is known to be over. */
  readonly isOver: boolean;
  /** Aborted when somebody stops it. */
  readonly stop: AbortSignal;
  /** Ends all waiting. */
  readonly giveUp: AbortSignal;
  readonly onCounters: (counters: Counters) => void;
  /** Time until the next question, in milliseconds. @default {1000} */
  readonly askAfterMs?: () => number;
  /** Called when its work is known to be over, before its pictures are looked for. */
  readonly onOver: () => void;
}

/** The result. */
export interface Recovery {
  /** Its pictures in the server's history. */
  readonly images: readonly MadeImage[];
  /** Why some of them are missing; `null`: none is. */
  readonly problem: AppError | null;
  /** True if there may be more pictures than could be found. */
  readonly mayBeMore: boolean;
  /**
   * What is known about its work. `certain`: it is over. `doubtful`: SwarmUI's part is over, but
   * the server may have been restarted, and its ComfyUI goes on with earlier jobs. `away`: nothing,
   * because the server does not answer. `stopped`: the caller stopped it and knows.
   */
  readonly certainty: "certain" | "doubtful" | "away" | "stopped";
}

/** What is known about the pictures of a request before they exist. */
export function trailOf(request: ImageRequest, startedAt: number): ImageTrail {
  const { tag = null, seed = null, model, images, doNotSave = false } = request;
  return { tag, seed, model, images, startedAt, doNotSave };
}

/** Finishes it. Never throws because of the server. */
export async function recoverGeneration(generation: LostGeneration): Promise<Recovery> {
  const end = await endOf(generation);
  switch (end.kind) {
    case "away":
      return { images: [], problem: end.cause, mayBeMore: true, certainty: "away" };
    case "left": {
      using time = stoppedLook(generation);
      const found = generation.accepted ? await look(generation, time) : NOTHING;
      const { images, mayBeMore } = found;
      return { images, problem: null, mayBeMore, certainty: "stopped" };
    }
    case "restarted": {
      generation.onOver();
      const found = await lookAnew(generation);
      const { images, mayBeMore, reason } = found;
      // If the server lists all that it made, its restart is the reason.
      const further = mayBeMore ? `, and ${reason}` : "";
      const problem = reason === null ? null : restarted(generation.server.url, further);
      return { images, problem, mayBeMore, certainty: "doubtful" };
    }
    case "over": {
      generation.onOver();
      const found = await look(generation, {});
      return {
        images: found.images,
        mayBeMore: found.mayBeMore,
        problem: problemOf(generation, { found, sawWork: generation.accepted || end.sawWork }),
        certainty: end.isCertain ? "certain" : "doubtful",
      };
    }
    default:
      return end satisfies never;
  }
}

const NOTHING: FoundImages = { images: [], reason: null, mayBeMore: false };

async function endOf(generation: LostGeneration): Promise<WorkEnd> {
  const { isOver, accepted, stop } = generation;
  return await followWork({
    ...generation,
    // Work that is over is still checked once: another run of the server may have said so.
    accepted: accepted || isOver,
    wasAway: true,
    until: isOver ? generation.giveUp : stop,
  });
}

async function look(
  generation: LostGeneration,
  time: Partial<Pick<FindOptions, "giveUp" | "listedWithinMs">>,
): Promise<FoundImages> {
  return await findImages(generation.trail, { ...generation, ...time });
}

/** The server may have forgotten the session, but not the user's pictures. */
async function lookAnew(generation: LostGeneration): Promise<FoundImages> {
  const { server, giveUp } = generation;
  const session = await untilAborted(server.newSession().catch(() => null), giveUp);
  return await look({ ...generation, session: session ?? generation.session }, {});
}

function problemOf(
  { lost, trail, why }: LostGeneration,
  { found, sawWork }: { readonly found: FoundImages; readonly sawWork: boolean },
): AppError | null {
  if (found.reason === null) return null;
  // Nothing shows that the request ever reached the server.
  if (!sawWork && found.images.length === 0) return lost;
  const some = trail.images === 1 ? "the picture" : "all pictures";
  return new AppError(
    "failed",
    `Cannot get ${some} of the generation: ${why}, and ${found.reason}`,
  );
}

function restarted(url: string, further: string): ServerUnreachableError {
  return new ServerUnreachableError(
    continueMessage(
      `Cannot finish the generation: ${url} was restarted and has forgotten it${further}`,
      " (generate again)",
    ),
  );
}

/** Limits a search for pictures after a stop, when the process is to end soon; disposing stops the timer. */
export function stoppedLook(
  by: Parameters<typeof limitTime>[1],
): Required<Pick<FindOptions, "giveUp" | "listedWithinMs">> & Disposable {
  const limit = limitTime(LOOK_MS, by);
  return {
    giveUp: limit.signal,
    listedWithinMs: LISTED_WITHIN_MS,
    [Symbol.dispose]: () => limit[Symbol.dispose](),
  };
}
