/** Why the result of a generation is not what was asked for, as an error for people. */
import { AppError, continueMessage, withoutAdvice } from "../../errors.ts";
import { isDataUrl } from "../../generation/server/image_server.ts";
import type { GenerationResult } from "../../generation/run/generation_result.ts";
import { HELD_WORK } from "../../render/generation/cancel_text.ts";
import type { GenerationReport } from "../../render/generation/generation_document.ts";
import { formatCount } from "../../render/text.ts";
import type { SavedImage } from "./save_images.ts";

const LOOK = "see asset-generator status";
const STOPPED = "; the work on the server was stopped";

/** The problem; `null` if every requested image arrived and was saved. */
export function generationProblem(report: GenerationReport, of: {
  readonly result: GenerationResult;
  readonly saved: readonly SavedImage[];
}): AppError | null {
  const { result, saved } = of;
  const { images, imagesMade } = report;
  const made = `${imagesMade ?? images.length} of ${formatCount(report.imagesTotal, "image")} ` +
    (imagesMade === null ? "found" : "made");
  const after = result.isHeld
    ? `; ${report.serverUrl} accepted the request to stop, but still counts the work: ${HELD_WORK}`
    : whatGoesOn(report);
  switch (result.state) {
    case "complete":
    case "detached":
      return savingProblem(saved, report.id);
    case "interrupted":
      return new AppError("interrupted", `Interrupted: ${made}${after || STOPPED}`);
    case "timed_out":
      return new AppError("timed_out", `Timed out: ${made}${after || STOPPED}`);
    case "failed": {
      const { cause } = result;
      const found = cause?.message ??
        `Cannot generate on ${report.serverUrl}: ${
          result.errors[0] ?? result.doubts[0] ?? "fewer images came"
        }`;
      const rest = `; ${made}${after}`;
      // Brackets in the server's words are no advice.
      if (!(cause instanceof AppError)) {
        return new AppError("failed", `${oneLine(found)}${rest}`, { cause });
      }
      // What to look at then is said once.
      const isTold = after.includes(LOOK) && found.includes("asset-generator status");
      const said = oneLine(isTold ? withoutAdvice(found) : found);
      return new AppError(cause.code, continueMessage(said, rest), { cause });
    }
    default:
      return result.state satisfies never;
  }
}

/** What ended the saving early, else what was wrong with the first picture. */
function savingProblem(saved: readonly SavedImage[], id: string): AppError | null {
  const problems = saved.flatMap(({ problem }) => problem ?? []);
  const problem = problems.find(isStop) ?? problems[0];
  if (problem === undefined) return null;
  // Pictures that came in an answer are nowhere else. Others can be had as long as the server keeps
  // them, unless it has said that they are not there; the system's reason is the cause of an error.
  const isKept = saved.some((one) => one.problem !== null && !isDataUrl(one.image.path)) &&
    (isStop(problem) || problem.code === "unreachable" || problem.cause !== undefined);
  const advice = ` (to try again: asset-generator attach ${id} --save-images)`;
  return isKept
    ? new AppError(problem.code, continueMessage(problem.message, advice), { cause: problem })
    : problem;
}

function isStop({ code }: AppError): boolean {
  return code === "timed_out" || code === "interrupted";
}

/** What the server may still be doing; empty if it is known to do nothing. */
function whatGoesOn({ serverMayWork, serverUrl, id }: GenerationReport): string {
  switch (serverMayWork) {
    case true:
      return `; ${serverUrl} may still be working on it ` +
        `(${LOOK}; to stop it: asset-generator cancel ${id})`;
    case null:
      return `; not known whether the ComfyUI of ${serverUrl} is still working on it, because the server ` +
        `was restarted or did not answer (${LOOK})`;
    case false:
      return "";
    default:
      return serverMayWork satisfies never;
  }
}

/**
 * Makes one line of the server's words, without punctuation at the end, because the error goes on.
 */
function oneLine(text: string): string {
  return text.split(/\s*\n\s*/).filter((line) => line !== "").join("; ").replace(/[\s.:;!]+$/, "");
}
