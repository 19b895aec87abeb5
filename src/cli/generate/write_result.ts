/** The result of `generate image`, whether it is what was asked for or not. */
import type { ImageRequest, ImageServer } from "../../generation/image_server.ts";
import type { GenerationResult } from "../../generation/run_generation.ts";
import { promptIn, sizeIn } from "../../generation/swarm_metadata.ts";
import type { TrackedGeneration } from "../../generation/tracker.ts";
import type { GenerationReport, ReportedPicture } from "../../render/generation_document.ts";
import { generationDocument } from "../../render/generation_document.ts";
import { generationText } from "../../render/generation_text.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { reportResult } from "../report_result.ts";
import { generationProblem } from "./generation_problem.ts";
import type { SavedImage } from "./save_images.ts";

/** A generation that has ended, and what became of its pictures: the images, then the extras. */
interface EndedGeneration {
  readonly request: ImageRequest;
  readonly result: GenerationResult;
  readonly saved: readonly SavedImage[];
  readonly tracked: Pick<TrackedGeneration, "id" | "startedAt">;
  readonly durationMs: number;
  readonly server: Pick<ImageServer, "url" | "imageUrl">;
}

/** Writes the result, and the error if it is not what was wanted. */
export async function writeResult(
  ended: EndedGeneration,
  context: Pick<CommandContext, "messages" | "output">,
): Promise<ExitCode> {
  const { result, saved, tracked, request, server } = ended;
  const pictures = saved.map((one) => reportPicture(one, { server, request }));
  const report: GenerationReport = {
    id: tracked.id,
    state: result.state,
    serverUrl: server.url,
    model: request.model,
    width: request.width ?? null,
    height: request.height ?? null,
    imagesTotal: request.images,
    images: pictures.slice(0, result.images.length).map((one, at) => ({
      ...one,
      index: one.index ?? at,
    })),
    extras: pictures.slice(result.images.length),
    startedAt: tracked.startedAt,
    durationMs: ended.durationMs,
    serverMayWork: result.serverMayWork,
  };
  return await reportResult(context, {
    document: (error) => generationDocument(report, error),
    text: () => generationText(report),
    problem: generationProblem(report, { result, saved }),
    names: () => [...report.images, ...report.extras].map(placeOf),
  });
}

/** Where a picture is: the file it was saved in, else its address. */
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
