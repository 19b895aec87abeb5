/**
 * The end of a generation, of this or another process: saves its pictures and writes its result.
 */
import { type AppError, continueMessage } from "../../errors.ts";
import { isDataUrl } from "../../generation/server/image_server.ts";
import { formatCount } from "../../render/text.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { generationProblem } from "./generation_problem.ts";
import type { NumberedImage, SavedImage } from "./save_images.ts";
import { saveImages } from "./save_images.ts";
import type { SavingOptions } from "./saving_options.ts";
import type { EndedGeneration } from "./write_result.ts";
import { makeReport, writeResult } from "./write_result.ts";

/** Saves the pictures and writes the result. */
export async function finishGeneration(ended: EndedGeneration, by: {
  readonly options: SavingOptions;
  readonly context: CommandContext;
  /** What did not work as requested, as sentences. */
  readonly complaints?: Iterable<string>;
  /** Ends the saving. */
  readonly signal: AbortSignal;
  /** See `SaveOptions.lastSignal`. */
  readonly lastSignal?: AbortSignal;
  /** Whether only the ID is printed if all went well. */
  readonly isBrief?: boolean;
  /** Called first with the reason why the result is not what was asked for. */
  readonly onProblem?: (problem: AppError | null) => Promise<void>;
}): Promise<ExitCode> {
  const { context, options, signal } = by;
  for (const note of [...ended.result.notes, ...by.complaints ?? []]) {
    await context.messages.warning(note);
  }
  const saved = options.saveImages ? await save(ended, by) : unsaved(ended);
  for (const { warning } of saved) if (warning !== null) await context.messages.warning(warning);
  const lost = saved.filter((one) => one.localPath === null && isDataUrl(one.image.path)).length;
  if (lost > 0 && !context.output.wantsDocument) {
    await context.messages.warning(
      `Lost ${
        formatCount(lost, "picture")
      } that the server does not keep (--save-images saves such ` +
        "pictures, and --format json contains them)",
    );
  }
  const report = makeReport(ended, saved);
  const problem = ended.problem ?? generationProblem(report, { result: ended.result, saved });
  for (const one of saved) {
    // An error of another kind hides that a picture is there and could not be saved.
    if (
      problem === null || one.problem === null || [problem, problem.cause].includes(one.problem)
    ) continue;
    // All pictures after the stop have the same problem.
    if (signal.aborted && one.problem.code === problem.code) break;
    await context.messages.warning(one.problem.message);
  }
  await by.onProblem?.(problem);
  return await writeResult(report, { problem, isBrief: by.isBrief ?? false, context });
}

/** All pictures, none of them saved. */
export function unsaved(ended: EndedGeneration): readonly SavedImage[] {
  const nothing = { localPath: null, size: null, problem: null, warning: null };
  return numberPictures(ended).map((one) => ({ ...one, ...nothing }));
}

/** All pictures; those that were not requested come last. */
function numberPictures({ result, request }: EndedGeneration): readonly NumberedImage[] {
  return [
    ...result.images.map((image, at) => ({ image, number: image.index ?? at })),
    ...result.extras.map((image, at) => ({ image, number: request.images + at })),
  ];
}

async function save(
  ended: EndedGeneration,
  by: Parameters<typeof finishGeneration>[1],
): Promise<readonly SavedImage[]> {
  const { options, context, signal, lastSignal = signal } = by;
  return await saveImages(numberPictures(ended), {
    server: ended.server,
    files: await context.adapters.pictureFiles(),
    directory: options.outputDir ?? ".",
    template: options.filenameTemplate ?? "{original}.{ext}",
    request: ended.request,
    id: ended.id,
    replaces: options.force === true,
    nowMs: context.clock.now(),
    clock: context.clock,
    onAway: (found) =>
      void context.messages.note(continueMessage(found, "; trying again for two minutes")),
    signal,
    lastSignal,
  });
}
