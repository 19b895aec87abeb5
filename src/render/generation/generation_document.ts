/** The result of `generate image` as one JSON document, `schemas/generate.v1.json`. */
import type { GenerationResult } from "../../generation/run/generation_result.ts";
import type { JsonObject } from "../../json_object.ts";
import type { DocumentError } from "../status/status_document.ts";
import { formatDuration } from "../text.ts";

/** A finished picture, for output. */
export interface ReportedPicture {
  /** The server's index; `null` over plain HTTP. */
  readonly index: number | null;
  /** The server's path; `null` if the server did not keep the picture. */
  readonly path: string | null;
  /** Its address on the server; `null` if the server did not keep it. */
  readonly url: string | null;
  /** The picture itself as a `data:` URL, if the server did not keep it and no file was saved. */
  readonly dataUrl: string | null;
  readonly localPath: string | null;
  readonly seed: string | null;
  /** In pixels: of the saved file, else as the server says; `null`: not known. */
  readonly width: number | null;
  readonly height: number | null;
  /** The prompt as the server used it; `null`: not known. */
  readonly prompt: string | null;
  /** Whether that differs from the prompt that was sent. */
  readonly isPromptResolved: boolean;
  /** The server's metadata about it; `null`: none. */
  readonly metadata: JsonObject | null;
}

/** An image that was requested. */
export interface ReportedImage extends ReportedPicture {
  readonly index: number;
}

/** A generation that has ended. Times are epoch milliseconds. */
export interface GenerationReport {
  readonly id: string;
  readonly state: GenerationResult["state"];
  readonly serverUrl: string;
  /** Its name in the configuration file; `null`: it has none, or that is not known. */
  readonly serverName: string | null;
  readonly model: string;
  /** In pixels; `null`: the server's own default. */
  readonly width: number | null;
  readonly height: number | null;
  readonly imagesTotal: number;
  /** How many of those asked for were made; `null`: not known, and `images` are those that were found. */
  readonly imagesMade: number | null;
  readonly images: readonly ReportedImage[];
  /** Other outputs: a grid, intermediate pictures, further outputs of the workflow. */
  readonly extras: readonly ReportedPicture[];
  readonly startedAt: number;
  /** `null`: nobody saw when it ended. */
  readonly durationMs: number | null;
  /** True if the server may still be working on it; `null`: not known about its ComfyUI. */
  readonly serverMayWork: GenerationResult["serverMayWork"];
}

/** Makes the document of `generate image`. */
export function generationDocument(
  report: GenerationReport,
  error: DocumentError | null,
): Readonly<Record<string, unknown>> {
  const { durationMs } = report;
  return {
    schema_version: 1,
    session_id: report.id,
    status: report.state,
    server_url: report.serverUrl,
    server: report.serverName,
    model: report.model,
    width: report.width,
    height: report.height,
    images_total: report.imagesTotal,
    images_done: report.imagesMade,
    images: report.images.map(picture),
    extra_images: report.extras.map(picture),
    start_time: new Date(report.startedAt).toISOString(),
    duration: durationMs === null ? null : formatDuration(durationMs),
    duration_seconds: durationMs === null ? null : Math.round(durationMs / 100) / 10,
    server_may_work: report.serverMayWork,
    error,
  };
}

function picture(one: ReportedPicture): Readonly<Record<string, unknown>> {
  return {
    index: one.index,
    path: one.path,
    url: one.url,
    local_path: one.localPath,
    seed: one.seed,
    width: one.width,
    height: one.height,
    prompt: one.prompt,
    metadata: one.metadata,
    ...(one.dataUrl === null ? {} : { data_url: one.dataUrl }),
  };
}
