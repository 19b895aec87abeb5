/** Writes the result of `generate image`, whether it is what was asked for or not. */
import type { AppError } from "../../errors.ts";
import type { ImageServer } from "../../generation/server/image_server.ts";
import type { GenerationResult } from "../../generation/run/generation_result.ts";
import { promptIn, sizeIn } from "../../generation/pictures/swarm_metadata.ts";
import type {
  GenerationReport,
  ReportedPicture,
} from "../../render/generation/generation_document.ts";
import { generationDocument } from "../../render/generation/generation_document.ts";
import { generationText } from "../../render/generation/generation_text.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { reportResult } from "../report_result.ts";
import type { SavedImage } from "./save_images.ts";

/** A generation that has ended. */
export interface EndedGeneration {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** `null`: nobody saw when it ended. */
  readonly durationMs: number | null;
  readonly request: {
    readonly prompt: string;
    readonly model: string;
    /** Image runs. */
    readonly images: number;
    readonly width?: number;
    readonly height?: number;
  };
  readonly result: GenerationResult;
  /**
   * How many images that were asked for were made; `null`: not known. Absent: as `result` says, whose
   * images are then all there are.
   */
  readonly imagesMade?: number | null;
  /** Why it is not what was asked for, if that was found elsewhere. */
  readonly problem?: AppError;
  readonly server: ImageServer;
  /** Its name in the configuration file, where it was chosen by that. */
  readonly serverName?: string | null;
}

/** What is reported about a generation and its pictures: the images, then the extras. */
export function makeReport(
  { id, startedAt, durationMs, request, result, server, serverName = null, imagesMade }:
    EndedGeneration,
  saved: readonly SavedImage[],
): GenerationReport {
  const pictures = saved.map((one) => reportPicture(one, { server, request }));
  return {
    id,
    state: result.state,
    serverUrl: server.url,
    serverName,
    model: request.model,
    width: request.width ?? null,
    height: request.height ?? null,
    imagesTotal: request.images,
    imagesMade: imagesMade !== undefined
      ? imagesMade
      : result.mayBeMore
      ? null
      : result.images.length,
    images: pictures.slice(0, result.images.length).map((one, at) => ({
      ...one,
      index: one.index ?? at,
    })),
    extras: pictures.slice(result.images.length),
    startedAt,
    durationMs,
    serverMayWork: result.serverMayWork,
  };
}

/** Writes the result, and the error if it is not what was asked for. */
export async function writeResult(report: GenerationReport, by: {
  readonly problem: AppError | null;
  /** Whether only the ID is printed, and nothing if there is none to go on with. */
  readonly isBrief: boolean;
  readonly context: Pick<CommandContext, "messages" | "output" | "config">;
}): Promise<ExitCode> {
  const { problem, isBrief } = by;
  // Pictures that were made all the same are told.
  const isIdEnough = isBrief && (problem === null || report.images.length === 0);
  const ids = problem === null ? [report.id] : [];
  return await reportResult(by.context, {
    document: (error) => generationDocument(report, error),
    text: () =>
      isIdEnough
        ? ids.map((id) => `${id}\n`).join("")
        : by.context.output.wrapped(generationText(report)),
    problem,
    names: () => isIdEnough ? ids : [...report.images, ...report.extras].map(placeOf),
  });
}

/** Where a picture is: the saved file, else its address. */
function placeOf({ localPath, url, dataUrl }: ReportedPicture): string {
  return localPath ?? url ?? dataUrl ?? "";
}

function reportPicture(
  { image, localPath, size }: SavedImage,
  { server, request }: Pick<EndedGeneration, "server" | "request">,
): ReportedPicture {
  const url = server.imageUrl(image.path);
  const metadata = image.metadata ?? null;
  const said = size ?? sizeIn(metadata) ?? request;
  return {
    index: image.index,
    path: url === null ? null : image.path,
    url,
    dataUrl: url === null && localPath === null ? image.path : null,
    localPath,
    seed: image.seed,
    width: said.width ?? null,
    height: said.height ?? null,
    prompt: promptIn(metadata),
    isPromptResolved: (promptIn(metadata) ?? request.prompt) !== request.prompt,
    metadata,
  };
}
