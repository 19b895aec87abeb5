/** A valid generation request (`swarmui-protocol.md §3`). */
import { statusToWire } from "../api/server_status.ts";
import type { JsonObject } from "../../json_object.ts";
import { ParameterError } from "../models/parameter_value.ts";
import { minuteText } from "../pictures/picture_name.ts";
import type { Boot, Swarm } from "../swarm.ts";
import type { Claim } from "../users/claim.ts";
import type { Session } from "../users/user_session.ts";
import { type ImageRequest, isSet, readImageRequest } from "./read_image_request.ts";

/** What was requested. */
export interface Asked {
  readonly session: Session;
  /** How many runs. */
  readonly images: number;
  /** The index of its first image on the socket. */
  readonly offset: number;
  readonly body: JsonObject;
  readonly output: GenerationOutput;
}

/** Where the messages of a request go. */
export interface GenerationOutput {
  /** Sends a message of §4.1. */
  send(message: JsonObject): void;
  /** Whether progress is wanted: only over a WebSocket. */
  readonly isLive: boolean;
}

/** A valid request. */
export interface AcceptedGeneration extends Omit<Asked, "body"> {
  readonly swarm: Swarm;
  readonly boot: Boot;
  readonly claim: Claim;
  readonly request: ImageRequest;
  readonly requestId: string;
  readonly numberInMinute: number;
  readonly startedMs: number;
  readonly interrupted: AbortSignal;
  /** Indices of images that were announced. */
  readonly delivered: number[];
  /** Indices of images that were removed after they were announced. */
  readonly discarded: number[];
  /** Sends this session's status. */
  sendStatus(): void;
  /** Sends an error; no more runs are started, unless the request says to go on. */
  fail(message: string): void;
  /** Whether runs that have not started must not start. */
  readonly isStopped: boolean;
}

/** Parses a request. @returns What is wrong with it, if anything, in SwarmUI's words. */
export function acceptGeneration(
  swarm: Swarm,
  asked: Asked & { readonly claim: Claim },
): AcceptedGeneration | string {
  const { session, output } = asked;
  const { boot, clock, models } = swarm;
  const { backends } = boot.pool;
  const available = { models, backends, usable: backends.filter(({ isReady }) => isReady) };
  let request: ImageRequest;
  try {
    request = readImageRequest(asked.body, { user: session.user, available });
  } catch (error) {
    if (error instanceof ParameterError) return error.message;
    throw error;
  }
  let hasFailed = false;
  const interrupted = session.interruptSignal;
  return {
    ...asked,
    swarm,
    boot,
    request,
    interrupted,
    requestId: session.user.nextRequestId(),
    numberInMinute: session.user.nextNumberInMinute(minuteText(clock.now())),
    startedMs: clock.monotonicMs(),
    delivered: [],
    discarded: [],
    sendStatus: () => {
      swarm.changed.ring();
      output.send(statusToWire(swarm, session.counters));
    },
    fail: (message) => {
      if (isSet(request, "continueaftererrors")) return;
      hasFailed = true;
      output.send({ error: message });
    },
    get isStopped(): boolean {
      return hasFailed || interrupted.aborted || boot.signal.aborted;
    },
  };
}
