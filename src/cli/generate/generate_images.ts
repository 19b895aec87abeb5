/** Runs `generate image`, from the checked options to the exit code. */
import { type AppError, UsageError } from "../../errors.ts";
import type { Clock } from "../../generation/clock.ts";
import { describeImages } from "../../generation/recovery/describe_images.ts";
import type {
  GenerationHarvest,
  GenerationResult,
} from "../../generation/run/generation_result.ts";
import type { RequestEnd } from "../../generation/recovery/request_note.ts";
import { keptOnly } from "../../generation/recovery/request_note.ts";
import { runGeneration } from "../../generation/run/run_generation.ts";
import { complaintsIn } from "../../generation/pictures/swarm_metadata.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { beginGeneration, publishGeneration } from "./begin_generation.ts";
import type { BegunGeneration, GenerationOrder } from "./begin_generation.ts";
import { finishGeneration } from "./finish_generation.ts";
import { ANY_SERVER } from "./generate_options.ts";
import type { GenerateOptions } from "./generate_options.ts";
import { checkGenerateOptions } from "./image_request.ts";
import { givenParameters } from "./own_parameters.ts";
import { preparePictures } from "./picture_folder.ts";
import { ProgressDisplay, progressStyle } from "./progress_display.ts";
import type { ProgressTime } from "./progress_display.ts";
import { announceStop, listenForStops } from "./stopping.ts";

/** Time between two updates of the progress line, in milliseconds. */
const TICK_MS = 100;

/**
 * Makes images, saves them on request, and writes the result, even if it is not what was asked for.
 *
 * @throws {AppError} If it ended before anything was sent to the server.
 */
export async function generateImages(
  options: GenerateOptions,
  context: CommandContext,
): Promise<ExitCode> {
  checkGenerateOptions(options);
  if (options.detach && options.saveImages) {
    throw new UsageError(
      "Cannot use --save-images with --detach: nobody waits for the pictures (asset-generator " +
        "attach ID --save-images brings them)",
    );
  }
  // Before anything else: this refuses a named state file that is not one.
  const stores = await context.adapters.stores(context.settings);
  const directory = options.outputDir ?? ".";
  if (options.saveImages) await preparePictures(await context.adapters.pictureFiles(), directory);
  using stopping = listenForStops(options.timeout, context);
  const log = await context.adapters.requestLog();
  const order: GenerationOrder = { options, stores, log, stopping };
  if (options.server === ANY_SERVER) {
    const { sendAnywhere } = await import("../fleet/send_anywhere.ts");
    const { begun, outcome } = await sendAnywhere(order, context, (one) => send(one, order));
    return await finish(begun, outcome, order);
  }
  const begun = await beginGeneration(await publishGeneration(context, order), order);
  return await finish(begun, await send(begun, order), order);
}

/** What came of a request that was sent. */
export interface SentOutcome {
  readonly ran: GenerationResult;
  readonly durationMs: number;
}

/** Sends the request and sees it through, showing its progress. */
async function send(begun: BegunGeneration, order: GenerationOrder): Promise<SentOutcome> {
  const { context, server, tracked, note } = begun;
  const { options, stopping } = order;
  await context.messages.detail(describeAttempt(begun));
  const display = new ProgressDisplay(context.terminal, {
    style: progressStyle(options, context.terminal),
    id: tracked.id,
    steps: options.steps ?? null,
  });
  const startedMs = context.clock.monotonicMs();
  const drawn = new AbortController();
  const drawing = keepDrawing(display, {
    clock: context.clock,
    startedMs,
    until: AbortSignal.any([drawn.signal, stopping.stop]),
  });
  using announced = announceStop(stopping, { display, context });
  const ran = await runGeneration(begun.request, {
    server,
    session: begun.session,
    tracked,
    transport: options.noWebsocket ? "http" : "auto",
    clock: context.clock,
    detach: options.detach ?? false,
    stop: stopping.stop,
    leave: stopping.leave,
    onNews: (pictures) => note.take(pictures),
    onOver: async (harvest) => await note.end(endOf(harvest, context)),
    onNoSocket: (found) =>
      void context.messages.detail(`Using plain HTTP, because there is no WebSocket: ${found}`),
    onLost: (found) => void display.clear().then(() => context.messages.note(lostText(found))),
    onUpdate: (snapshot) => {
      if (!stopping.stop.aborted) display.show(snapshot, progressTime(context.clock, startedMs));
    },
  });
  announced[Symbol.dispose]();
  drawn.abort();
  await drawing;
  display.finish(progressTime(context.clock, startedMs));
  const durationMs = context.clock.monotonicMs() - startedMs;
  await display.clear();
  return { ran, durationMs };
}

/** Saves the pictures, and writes the result. */
async function finish(
  begun: BegunGeneration,
  { ran, durationMs }: SentOutcome,
  { options, stopping }: GenerationOrder,
): Promise<ExitCode> {
  const { context, server, tracked, session, note } = begun;
  const { stop, leave, late } = stopping;
  // After the signal that stopped the generation, finished pictures are still saved; the next
  // Ctrl-C ends that too.
  const lastSignal = AbortSignal.any([leave, late]);
  const signal = stop.aborted ? lastSignal : AbortSignal.any([stop, leave]);
  const images = await describeImages(ran.images, {
    server,
    session,
    clock: context.clock,
    signal,
  });
  const result = { ...ran, images };
  return await finishGeneration({
    id: tracked.id,
    startedAt: tracked.startedAt,
    durationMs,
    request: begun.request,
    result,
    server,
    serverName: context.settings.server.value,
  }, {
    options,
    context,
    complaints: complaints(result, options),
    signal,
    lastSignal,
    isBrief: options.detach ?? false,
    onProblem: async (problem) => {
      const { state } = result;
      if (state === "detached" || result.serverMayWork === true) return await note.written;
      const end = { ...endOf({ ...result, state }, context), serverMayWork: result.serverMayWork };
      // A picture that was not saved here is no problem of a generation that made all of them.
      await note.end({ ...end, problem: state === "complete" ? null : problemOf(problem) });
    },
  });
}

function endOf(harvest: GenerationHarvest, { clock }: CommandContext): RequestEnd {
  return {
    state: harvest.state,
    endedAt: clock.now(),
    made: keptOnly(harvest),
    imagesMade: harvest.mayBeMore ? null : harvest.images.length,
    serverMayWork: false,
    problem: null,
  };
}

function problemOf(problem: AppError | null): RequestEnd["problem"] {
  return problem === null ? null : { code: problem.code, message: problem.message };
}

/** What was found, without its advice, which does not fit a generation that goes on. */
function lostText(found: string): string {
  const bare = found.replace(/ \([^()]*\)$/, "");
  return `Lost the connection: ${bare} (following the generation by the server's counters)`;
}

/** What the server says that it did differently, each only once. */
function complaints(
  { images }: GenerationResult,
  options: GenerateOptions,
): ReadonlySet<string> {
  const given = givenParameters(options);
  return new Set(images.flatMap(({ metadata = null }) => complaintsIn(metadata, given)));
}

function progressTime(clock: Clock, startedMs: number): ProgressTime {
  const nowMs = clock.monotonicMs();
  return { nowMs, elapsedMs: nowMs - startedMs };
}

/** Keeps the elapsed time on the line up to date while the server sends nothing. */
async function keepDrawing(display: ProgressDisplay, about: {
  readonly clock: Clock;
  readonly startedMs: number;
  readonly until: AbortSignal;
}): Promise<void> {
  while (!about.until.aborted) {
    await about.clock.sleep(TICK_MS, about.until);
    if (!about.until.aborted) display.tick(progressTime(about.clock, about.startedMs));
  }
}

/** What is about to be sent, and to whom, for those who asked for more. */
function describeAttempt({ session, request }: BegunGeneration): string {
  const { model, images, width, height } = request;
  const size = width === undefined || height === undefined
    ? "the server's size"
    : `${width}x${height}`;
  return `Asking ${session.serverUrl} (SwarmUI ${session.version ?? "of unknown version"}, user ` +
    `${session.userId ?? "unknown"}) for ${images} × ${size} with ${model}`;
}
