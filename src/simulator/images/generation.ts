/** One generation request, from its counters to its last message (`swarmui-protocol.md §3-4, §8`). */
import type { Claim } from "../users/claim.ts";
import { type ImageRequest, isSet, readImageRequest } from "./image_request.ts";
import type { JsonObject } from "../json.ts";
import { deliverMiniGrid } from "./mini_grid.ts";
import { InternalError } from "../api/refusals.ts";
import { isServerPicture, ParameterError } from "../models/parameter_value.ts";
import { minuteText } from "../pictures/picture_name.ts";
import { statusToWire } from "../api/server_status.ts";
import type { Session } from "../users/session.ts";
import type { Boot, Swarm } from "../swarm.ts";

/** How many runs of one request a role may have under way. */
const MAX_RUNS_OF_ROLE = 32;

/** Where the messages of a request go. */
export interface GenerationOutput {
  /** Takes a message of §4.1. */
  send(message: JsonObject): void;
  /** Whether progress is wanted: only over a WebSocket. */
  readonly isLive: boolean;
}

/** A request that was understood. */
export interface Generation {
  readonly swarm: Swarm;
  readonly boot: Boot;
  readonly session: Session;
  readonly claim: Claim;
  readonly request: ImageRequest;
  /** How many runs. */
  readonly images: number;
  /** The index of its first image on the socket. */
  readonly offset: number;
  readonly output: GenerationOutput;
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
  /** Sends an error; no more runs are begun, unless the request says to go on. */
  fail(message: string): void;
  /** Whether runs that have not begun should not begin. */
  readonly isStopped: boolean;
}

/**
 * Makes the images of one run.
 *
 * @param options.onAsked Called when the run has its backend, or has to wait for one.
 */
export type RunImage = (
  generation: Generation,
  options: { readonly run: number; readonly onAsked: () => void },
) => Promise<void>;

/**
 * Works off a request.
 *
 * @param runImage Makes the images of one run; never throws for what may go wrong on a server.
 */
export async function generate(
  swarm: Swarm,
  options: {
    readonly session: Session;
    readonly images: number;
    readonly body: JsonObject;
    readonly offset: number;
    readonly output: GenerationOutput;
    readonly runImage: RunImage;
  },
): Promise<void> {
  const { session, output } = options;
  const claim = session.claim(Math.max(0, options.images));
  swarm.changed.ring();
  try {
    output.send(statusToWire(swarm, session.counters));
    const generation = understand(swarm, { ...options, claim });
    if (typeof generation === "string") {
      output.send({ error: generation });
      return;
    }
    if (missesInitImage(generation)) {
      // over a WebSocket it ends without a word
      if (output.isLive) return;
      throw new InternalError(`There is no ${generation.request.initImage}`);
    }
    logStart(generation);
    await runAll(generation, options.runImage);
    if (!generation.boot.signal.aborted) {
      deliverMiniGrid(generation);
      output.send({ discard_indices: generation.discarded });
    }
  } finally {
    claim.release();
    swarm.changed.ring();
  }
}

/** Whether a request names a picture of the server that is not there (§20.10). */
function missesInitImage({ request, session, swarm }: Generation): boolean {
  const path = request.initImage;
  if (path === null || !isServerPicture(path)) return false;
  return !swarm.gallery.list(session.user.name).some((picture) => picture.path === path);
}

function understand(
  swarm: Swarm,
  options: {
    readonly session: Session;
    readonly images: number;
    readonly body: JsonObject;
    readonly offset: number;
    readonly output: GenerationOutput;
    readonly claim: Claim;
  },
): Generation | string {
  const { session, output } = options;
  const { boot, clock } = swarm;
  const running = boot.pool.backends.filter(({ isReady }) => isReady);
  const available = {
    models: swarm.models,
    backendIds: running.map(({ id }) => String(id)),
    backendTypes: [...new Set(boot.pool.backends.map(({ type }) => type))],
  };
  let request: ImageRequest;
  try {
    request = readImageRequest(options.body, { user: session.user, available });
  } catch (error) {
    if (error instanceof ParameterError) return error.message;
    throw error;
  }
  let hasFailed = false;
  const interrupted = session.interruptSignal;
  return {
    ...options,
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

/**
 * Begins the runs little by little; once the last has begun, each end of a run sends a `keep_alive`,
 * and so does a long silence.
 */
async function runAll(
  generation: Generation,
  runImage: RunImage,
): Promise<void> {
  const { boot, swarm } = generation;
  const capacity = boot.pool.backends
    .filter(({ isReady }) => isReady)
    .reduce((sum, backend) => sum + backend.maxUsages, 0);
  const most = Math.max(1, Math.min(MAX_RUNS_OF_ROLE, 2 * capacity));
  const begun = new Set<{ readonly promise: Promise<void>; isOver: boolean }>();
  for (let run = 0; run < generation.images && !generation.isStopped; run++) {
    while (begun.size > most) {
      await Promise.race([...begun].map(({ promise }) => promise));
      for (const each of begun) if (each.isOver) begun.delete(each);
    }
    if (generation.isStopped) break;
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
    const each = { promise: runImage(generation, { run, onAsked }), isOver: false };
    each.promise.finally(() => {
      each.isOver = true;
      onAsked();
    });
    begun.add(each);
    await asked;
  }
  while (begun.size > 0 && !boot.signal.aborted) {
    const silence = new AbortController();
    const stop = AbortSignal.any([silence.signal, boot.signal]);
    const pause = swarm.clock.sleep(swarm.settings.keepAliveMs, stop);
    const ended = await Promise.race([
      pause.then(() => null),
      ...[...begun].map((each) => each.promise.then(() => each)),
    ]);
    silence.abort();
    if (ended !== null) begun.delete(ended);
    if (!boot.signal.aborted) generation.output.send({ keep_alive: true });
  }
}

function logStart({ swarm, session, request, images }: Generation): void {
  const model = request.model === null ? "" : ` with model '${request.model.name}'`;
  swarm.log.write("Info", {
    message: `User ${session.user.name} requested ${images} image${images === 1 ? "" : "s"}` +
      `${model}...`,
    nowMs: swarm.clock.now(),
  });
}
