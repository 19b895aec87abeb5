/** Runs `wait ID`: waits until one generation has ended; its outcome is the exit code. */
import { AppError } from "../../errors.ts";
import type { ImageServer } from "../../generation/server/image_server.ts";
import type { RequestEnd, RequestNote } from "../../generation/recovery/request_note.ts";
import type { EndedState } from "../../generation/run/generation_result.ts";
import { limitTime } from "../../generation/until_aborted.ts";
import type { GenerationReport } from "../../render/generation/generation_document.ts";
import { generationDocument } from "../../render/generation/generation_document.ts";
import { formatCount } from "../../render/text.ts";
import { endedOf } from "../attach/ended_of.ts";
import { findGeneration } from "../attach/find_generation.ts";
import { followGeneration } from "../attach/follow_generation.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { unsaved } from "../generate/finish_generation.ts";
import { generationProblem } from "../generate/generation_problem.ts";
import { makeReport } from "../generate/write_result.ts";
import { openObserver } from "../observer.ts";
import { reportFailure, reportResult } from "../report_result.ts";
import { writeDuration } from "../quantities.ts";

/** How long to wait, and the exit code after that time. */
export interface GenerationWait {
  /** Milliseconds; `undefined`: no limit. */
  readonly timeout: number | undefined;
  readonly timeoutExitCode: number | undefined;
}

/**
 * Waits for a generation of this user, which may have ended up to a day ago.
 *
 * @throws {AppError} If there is no such generation, or it cannot be followed.
 */
export async function waitForGeneration(
  id: string,
  { wait, context }: { readonly wait: GenerationWait; readonly context: CommandContext },
): Promise<ExitCode> {
  const { adapters, clock, terminal, messages, output, settings } = context;
  const [observer, log, ends, server] = await Promise.all([
    openObserver(context),
    adapters.requestLog(),
    adapters.endLog(settings),
    adapters.imageServer(settings),
  ]);
  using interrupts = context.listenForInterrupts();
  using limit = wait.timeout === undefined ? null : limitTime(wait.timeout, { clock });
  const { note } = await findGeneration(id, { observer, log, action: "Cannot wait for" });
  const end = await followGeneration(note, {
    observer,
    server,
    log,
    ends,
    clock,
    until: AbortSignal.any([interrupts.first, ...limit === null ? [] : [limit.signal]]),
    isStopped: () => false,
    onUpdate: () => {},
  });
  if (end !== null) return await tell(note, { end, server, context });
  if (interrupts.first.aborted) throw interrupts.first.reason;
  const exitCode = await reportFailure(
    new AppError(
      "timed_out",
      `Timed out after ${writeDuration(wait.timeout ?? 0)}: ${note.id} has not ended`,
    ),
    { terminal, messages, output },
  );
  return wait.timeoutExitCode ?? exitCode;
}

async function tell(note: RequestNote, { end, server, context }: {
  readonly end: RequestEnd;
  readonly server: ImageServer;
  readonly context: CommandContext;
}): Promise<ExitCode> {
  const ended = endedOf(note, { end: { ...end, made: end.made ?? NONE }, server });
  const saved = unsaved(ended);
  const report = makeReport(ended, saved);
  return await reportResult(context, {
    document: (error) => generationDocument(report, error),
    text: () => `${note.id} ${saidOf(report, end)}\n`,
    problem: ended.problem ?? generationProblem(report, { result: ended.result, saved }),
    exitCodeAnswers: true,
  });
}

const NONE = { images: [], extras: [] };

/** How it ended, and how many images there are: what is not known is said to be unknown. */
function saidOf(
  { images, imagesMade, imagesTotal }: GenerationReport,
  { state }: RequestEnd,
): string {
  if (state === "complete") return SAID.complete;
  const total = formatCount(imagesTotal, "image");
  if (imagesMade !== null) return `${SAID[state]}: ${imagesMade} of ${total} made`;
  // Nobody saw it fail: its pictures cannot be seen.
  const ended = state === "failed" ? "has ended" : SAID[state];
  return `${ended}: not known how many of ${total} were made, ${images.length} found`;
}

const SAID: Readonly<Record<EndedState, string>> = {
  complete: "is complete",
  interrupted: "was interrupted",
  timed_out: "was stopped by its timeout",
  failed: "has failed",
};
