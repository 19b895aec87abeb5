/** What `generate image` does, from the checked options to the exit code. */
import type { Clock } from "../../generation/clock.ts";
import type { ImageRequest, ImageServer } from "../../generation/image_server.ts";
import type { GenerationResult } from "../../generation/run_generation.ts";
import { runGeneration } from "../../generation/run_generation.ts";
import { complaintsIn } from "../../generation/swarm_metadata.ts";
import { trackGeneration } from "../../generation/tracker.ts";
import type { TrackedGeneration } from "../../generation/tracker.ts";
import { settleSeed } from "../../generation/seed.ts";
import type { GenerationStore } from "../../generation/store.ts";
import type { GenerateOptions } from "./generate_options.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { checkGenerateOptions, makeImageRequest } from "./image_request.ts";
import { givenParameters } from "./own_parameters.ts";
import { preparePictures } from "./picture_folder.ts";
import { ProgressDisplay } from "./progress_display.ts";
import type { ProgressStyle, ProgressTime } from "./progress_display.ts";
import { SentFiles } from "./sent_files.ts";
import { saveImages } from "./save_images.ts";
import type { NumberedImage, SavedImage } from "./save_images.ts";
import { announceStop, listenForStops, stoppedEarly, withStop } from "./stopping.ts";
import type { Stopping } from "./stopping.ts";
import { writeResult } from "./write_result.ts";

/** Time between two ticks of the progress line, in milliseconds. */
const TICK_MS = 100;

/**
 * Makes images, saves them if asked to, and writes the result, also when it is not what was wanted.
 *
 * @throws {AppError} If it ended before the server was sent anything.
 */
export async function generateImages(
  options: GenerateOptions,
  context: CommandContext,
): Promise<ExitCode> {
  checkGenerateOptions(options);
  // First of all: a named state file that is none is refused before anything happens.
  const stores = await context.adapters.stores(context.settings);
  const directory = options.outputDir ?? ".";
  if (options.saveImages) await preparePictures(await context.adapters.pictureFiles(), directory);
  using stopping = listenForStops(options.timeout, context);
  const server = await context.adapters.imageServer(context.settings);
  const tracked = await track(server, { images: options.batch ?? 1, stores, context });
  let attempt: Attempt;
  try {
    attempt = await withStop(
      prepare(options, { server, context, id: tracked.id, signal: stopping.stop }),
      stopping,
    );
    await tracked.starting(attempt.session, attempt.request.model);
    stopping.stop.throwIfAborted();
  } catch (error) {
    await tracked.finish(stopping.stop.aborted ? "cancelled" : "failed");
    throw stopping.stop.aborted ? stoppedEarly(stopping.stop.reason) : error;
  }

  await context.messages.detail(describeAttempt(attempt));
  const display = new ProgressDisplay(context.terminal, {
    style: progressStyle(options, context),
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
  using notice = announceStop(stopping, { display, context });
  const result = await runGeneration(attempt.request, {
    server,
    session: attempt.session,
    tracked,
    transport: options.noWebsocket ? "http" : "auto",
    clock: context.clock,
    stop: stopping.stop,
    leave: stopping.leave,
    onNoSocket: (found) =>
      void context.messages.detail(`Using plain HTTP, for there is no WebSocket: ${found}`),
    onLost: (found) => void display.clear().then(() => context.messages.note(lostText(found))),
    onUpdate: (snapshot) => {
      if (!stopping.stop.aborted) display.show(snapshot, progressTime(context.clock, startedMs));
    },
  });
  notice[Symbol.dispose]();
  drawn.abort();
  await drawing;
  display.finish(progressTime(context.clock, startedMs));
  const durationMs = context.clock.monotonicMs() - startedMs;
  await display.clear();
  for (const note of [...result.notes, ...complaints(result, options)]) {
    await context.messages.warning(note);
  }
  const saved = options.saveImages && !stopping.leave.aborted
    ? await save(result, {
      options,
      context,
      server,
      request: attempt.request,
      id: tracked.id,
      stopping,
    })
    : numberPictures(result, attempt.request).map((one) => ({
      ...one,
      localPath: null,
      size: null,
      problem: null,
      warning: null,
    }));
  for (const { warning } of saved) if (warning !== null) await context.messages.warning(warning);
  const { request } = attempt;
  return await writeResult({ result, saved, tracked, durationMs, request, server }, context);
}

/** The advice that stood behind what was found is not for a generation that goes on. */
function lostText(found: string): string {
  const bare = found.replace(/ \([^()]*\)$/, "");
  return `Lost the connection: ${bare} (following the generation by the server's counters)`;
}

/** What the server says that it did in another way, each once. */
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

/** Lets the line tell the time while the server says nothing. */
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

/** What is about to be sent, and to whom, for those who asked for more. */
function describeAttempt({ session, request }: Attempt): string {
  const { model, images, width, height } = request;
  const size = width === undefined || height === undefined
    ? "the server's size"
    : `${width}x${height}`;
  return `Asking ${session.serverUrl} (SwarmUI ${session.version ?? "of unknown version"}, user ` +
    `${session.userId ?? "unknown"}) for ${images} × ${size} by ${model}`;
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
  // Nobody named it, so nobody should have to guess which one it was.
  if (model === null) await context.messages.detail(`Using the model ${request.model}`);
  return { session, request };
}

async function track(
  server: ImageServer,
  about: {
    readonly images: number;
    readonly stores: readonly GenerationStore[];
    readonly context: CommandContext;
  },
): Promise<TrackedGeneration> {
  const { images, stores, context } = about;
  const [locks, ends] = await Promise.all([
    context.adapters.ownerLocks(),
    context.adapters.endLog(),
  ]);
  return await trackGeneration({ serverUrl: server.url, imagesTotal: images }, {
    stores,
    locks,
    ends,
    clock: context.clock,
    host: context.hostname(),
    pid: context.pid,
    warn: (message) => void context.messages.warning(message),
  });
}

function progressStyle(options: GenerateOptions, context: CommandContext): ProgressStyle {
  const { progress = "auto" } = options;
  if (progress !== "auto") return progress;
  const { isErrTerminal, isDumb } = context.terminal;
  return isErrTerminal && !isDumb && !options.quiet ? "bar" : "none";
}

/** All pictures, those that were not asked for last. */
function numberPictures(
  { images, extras }: GenerationResult,
  request: ImageRequest,
): readonly NumberedImage[] {
  return [
    ...images.map((image, at) => ({ image, number: image.index ?? at })),
    ...extras.map((image, at) => ({ image, number: request.images + at })),
  ];
}

async function save(result: GenerationResult, by: {
  readonly options: GenerateOptions;
  readonly context: CommandContext;
  readonly server: ImageServer;
  readonly request: ImageRequest;
  readonly id: string;
  readonly stopping: Stopping;
}): Promise<readonly SavedImage[]> {
  const { stop, leave, late } = by.stopping;
  return await saveImages(numberPictures(result, by.request), {
    server: by.server,
    files: await by.context.adapters.pictureFiles(),
    directory: by.options.outputDir ?? ".",
    template: by.options.filenameTemplate ?? "{original}.{ext}",
    request: by.request,
    id: by.id,
    replaces: by.options.force === true,
    nowMs: by.context.clock.now(),
    // What stopped the generation leaves time for what was made; the next Ctrl-C does not.
    signal: stop.aborted ? AbortSignal.any([leave, late]) : stop,
  });
}
