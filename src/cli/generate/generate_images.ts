/** Runs `generate image`, from the checked options to the exit code. */
import { type AppError, UsageError } from "../../errors.ts";
import { describeImages } from "../../generation/describe_images.ts";
import type { Clock } from "../../generation/clock.ts";
import type { ImageRequest, ImageServer } from "../../generation/image_server.ts";
import type { RequestEnd, RequestNote } from "../../generation/request_note.ts";
import { keptOnly, noteOf } from "../../generation/request_note.ts";
import type { GenerationHarvest, GenerationResult } from "../../generation/generation_result.ts";
import { runGeneration } from "../../generation/run_generation.ts";
import { complaintsIn } from "../../generation/swarm_metadata.ts";
import { trackGeneration } from "../../generation/tracker.ts";
import type { TrackedGeneration } from "../../generation/tracker.ts";
import { settleSeed } from "../../generation/seed.ts";
import type { GenerationStore } from "../../generation/store.ts";
import type { GenerateOptions } from "./generate_options.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { finishGeneration } from "./finish_generation.ts";
import { checkGenerateOptions, makeImageRequest } from "./image_request.ts";
import { givenParameters, imagesAsked } from "./own_parameters.ts";
import { preparePictures } from "./picture_folder.ts";
import { ProgressDisplay, progressStyle } from "./progress_display.ts";
import type { ProgressTime } from "./progress_display.ts";
import { SentFiles } from "./sent_files.ts";
import { announceStop, listenForStops, stoppedEarly, withStop } from "./stopping.ts";

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
  const server = await context.adapters.imageServer(context.settings);
  const detached = options.detach ?? false;
  const log = await context.adapters.requestLog();
  const tracked = await track(server, { images: imagesAsked(options), detached, stores, context });
  let attempt: Attempt;
  let note: RequestNote;
  try {
    attempt = await withStop(
      prepare(options, { server, context, id: tracked.id, signal: stopping.stop }),
      stopping,
    );
    note = noteOf(attempt.request, {
      id: tracked.id,
      startedAt: tracked.startedAt,
      serverUrl: server.url,
    });
    await log?.put(note);
    await tracked.starting(attempt.session, attempt.request.model);
    stopping.stop.throwIfAborted();
  } catch (error) {
    await tracked.finish(stopping.stop.aborted ? "cancelled" : "failed");
    throw stopping.stop.aborted ? stoppedEarly(stopping.stop.reason) : error;
  }

  await context.messages.detail(describeAttempt(attempt));
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
  const ran = await runGeneration(attempt.request, {
    server,
    session: attempt.session,
    tracked,
    transport: options.noWebsocket ? "http" : "auto",
    clock: context.clock,
    detach: detached,
    stop: stopping.stop,
    leave: stopping.leave,
    onOver: async (harvest) => await log?.put({ ...note, end: endOf(harvest, context) }),
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
  const { stop, leave, late } = stopping;
  // After the signal that stopped the generation, finished pictures are still saved; the next
  // Ctrl-C ends that too.
  const signal = stop.aborted ? AbortSignal.any([leave, late]) : AbortSignal.any([stop, leave]);
  const { session } = attempt;
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
    request: attempt.request,
    result,
    server,
  }, {
    options,
    context,
    complaints: complaints(result, options),
    signal,
    isBrief: detached,
    onProblem: async (problem) => {
      const { state } = result;
      if (state === "detached" || result.serverMayWork === true) return;
      const end = { ...endOf({ ...result, state }, context), serverMayWork: result.serverMayWork };
      await log?.put({ ...note, end: { ...end, problem: problemOf(problem) } });
    },
  });
}

function endOf(harvest: GenerationHarvest, { clock }: CommandContext): RequestEnd {
  return {
    state: harvest.state,
    endedAt: clock.now(),
    made: keptOnly(harvest),
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

interface Attempt {
  readonly session: Awaited<ReturnType<ImageServer["newSession"]>>;
  readonly request: ImageRequest;
}

/** For `--verbose`: what is about to be sent, and to which server. */
function describeAttempt({ session, request }: Attempt): string {
  const { model, images, width, height } = request;
  const size = width === undefined || height === undefined
    ? "the server's size"
    : `${width}x${height}`;
  return `Asking ${session.serverUrl} (SwarmUI ${session.version ?? "of unknown version"}, user ` +
    `${session.userId ?? "unknown"}) for ${images} × ${size} with ${model}`;
}

async function prepare(
  options: GenerateOptions,
  { server, context, id, signal }: {
    readonly server: ImageServer;
    readonly context: CommandContext;
    readonly id: string;
    readonly signal: AbortSignal;
  },
): Promise<Attempt> {
  const files = new SentFiles({ files: await context.adapters.inputFiles(), server, signal });
  const session = await server.newSession();
  const model = context.settings.model.value;
  const warn = (message: string): void => void context.messages.warning(message);
  const made = await makeImageRequest(options, { server, session, files, model, warn });
  const seed = settleSeed(made.seed);
  const request = { ...made, seed, ...(options.noTag ? {} : { tag: id }) };
  // The user did not name it, so it is printed.
  if (model === null) await context.messages.detail(`Using the model ${request.model}`);
  return { session, request };
}

async function track(
  server: ImageServer,
  about: {
    readonly images: number;
    readonly detached: boolean;
    readonly stores: readonly GenerationStore[];
    readonly context: CommandContext;
  },
): Promise<TrackedGeneration> {
  const { images, detached, stores, context } = about;
  const [locks, ends] = await Promise.all([
    context.adapters.ownerLocks(),
    context.adapters.endLog(context.settings),
  ]);
  return await trackGeneration({ serverUrl: server.url, imagesTotal: images, detached }, {
    stores,
    locks,
    ends,
    clock: context.clock,
    host: context.hostname(),
    pid: context.pid,
    warn: (message) => void context.messages.warning(message),
  });
}
