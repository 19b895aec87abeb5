/** Runs `attach`: shows a generation's progress, and gets its pictures when it is over. */
import type { ImageServer } from "../../generation/server/image_server.ts";
import { stopGeneration } from "../../generation/stop/stop_generation.ts";
import { isSameServerUrl } from "../../generation/server/server_url.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { finishGeneration } from "../generate/finish_generation.ts";
import type { ProgressMode } from "../generate/generate_options.ts";
import { preparePictures } from "../generate/picture_folder.ts";
import { ProgressDisplay, progressStyle } from "../generate/progress_display.ts";
import { checkSaving, type SavingOptions } from "../generate/saving_options.ts";
import { checkTemplateParameters } from "../generate/template_parameters.ts";
import type { GlobalOptions } from "../global_options.ts";
import type { Observer } from "../observer.ts";
import { openObserver } from "../observer.ts";
import { endedOf } from "./ended_of.ts";
import { findGeneration, knownRecords } from "./find_generation.ts";
import { followGeneration, imagesOf } from "./follow_generation.ts";

/** How long the server may take to stop, in milliseconds: the process ends after ten seconds. */
const STOP_WITHIN_MS = 7_000;

/** The options of `attach`; `undefined`: not given. */
export interface AttachOptions extends GlobalOptions, SavingOptions {
  readonly cancelOnInterrupt: boolean | undefined;
  readonly progress: ProgressMode | undefined;
}

/**
 * Follows a generation of this user to its end.
 *
 * @param id Its ID or the beginning of it; `undefined`: the only one that is running.
 * @throws {AppError} If there is no such generation, or it cannot be followed.
 */
export async function attachGeneration(
  options: AttachOptions,
  { context, id }: { readonly context: CommandContext; readonly id: string | undefined },
): Promise<ExitCode> {
  checkSaving(options);
  const { adapters, clock, messages, settings } = context;
  const [observer, log, ends, server] = await Promise.all([
    openObserver(context),
    adapters.requestLog(),
    adapters.endLog(settings),
    adapters.imageServer(settings),
  ]);
  const found = await findGeneration(id, { observer, log, action: "Cannot attach to" });
  const { note } = found;
  await checkTemplateParameters(options.filenameTemplate, {
    server,
    session: () => server.newSession(),
  });
  if (options.saveImages) {
    await preparePictures(await adapters.pictureFiles(), options.outputDir ?? ".");
  }
  const display = new ProgressDisplay(context.terminal, {
    style: progressStyle(options, context.terminal),
    id: found.id,
    steps: note.steps,
  });
  using interrupts = context.listenForInterrupts();
  const until = options.cancelOnInterrupt ? interrupts.second : interrupts.first;
  const stopping = options.cancelOnInterrupt
    ? stopWhenInterrupted(found.id, { ...interrupts, observer, server, display, context })
    : null;
  const end = await followGeneration(note, {
    observer,
    server,
    log,
    ends,
    clock,
    until,
    isStopped: () => stopping !== null && interrupts.first.aborted,
    onUpdate: (snapshot) =>
      display.show(snapshot, {
        nowMs: clock.monotonicMs(),
        elapsedMs: Math.max(0, clock.now() - note.startedAt),
      }),
  });
  await display.clear();
  if (end === null) {
    await messages.note(
      `Stopped watching: ${found.id} goes on (asset-generator attach ${found.id} watches again, ` +
        `asset-generator cancel ${found.id} stops it)`,
    );
    return EXIT.interrupted;
  }
  const made = end.made ?? await imagesOf(note, { server, clock, until });
  return await finishGeneration(
    endedOf(note, { end: { ...end, made }, server, saveImages: options.saveImages }),
    {
      options,
      context,
      signal: until,
    },
  );
}

/** Stops the generation's work on the server at the first Ctrl-C. */
function stopWhenInterrupted(id: string, by: {
  readonly first: AbortSignal;
  readonly second: AbortSignal;
  readonly observer: Observer;
  readonly server: ImageServer;
  readonly display: ProgressDisplay;
  readonly context: CommandContext;
}): AbortSignal {
  const { first, second, observer, server, display, context } = by;
  first.addEventListener("abort", async () => {
    await display.clear();
    await context.messages.note("Stopping the server's work");
    const seen = knownRecords(await observer.records()).find(({ record }) => record.id === id);
    if (seen === undefined) return;
    if (seen.session === null || !isSameServerUrl(seen.session.serverUrl, server.url)) {
      const where = seen.record.host === null ? "the machine that started it" : seen.record.host;
      return await context.messages.warning(
        `Cannot stop ${id} from here: its session is not shared (cancel it on ${where})`,
      );
    }
    await stopGeneration(seen.session, {
      server,
      clock: context.clock,
      accepted: seen.record.status === "generating",
      withinMs: STOP_WITHIN_MS,
      giveUp: second,
    });
  }, { once: true });
  return first;
}
