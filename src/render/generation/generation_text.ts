/** The result of `generate image` for people. */
import { shortened } from "../../cut_text.ts";
import type { GenerationReport, ReportedPicture } from "./generation_document.ts";
import { field, formatDuration, section } from "../text.ts";

/** How many characters are shown of a prompt that the server changed. */
const PROMPT_MAX = 300;
const EXTRAS = "a grid, or other outputs of the workflow";

/** Makes the text of `generate image`; it ends with a line break. */
export function generationText(report: GenerationReport): string {
  const { width, height, images, extras, durationMs } = report;
  return section("Generated Images", [
    ...images.flatMap((image, index) => picture(`Image ${index + 1}`, image)),
    ...(images.length === 0 ? [noImages(report)] : []),
    ...extras.flatMap((one, index) => picture(`Extra picture ${index + 1}`, one)),
    "",
    ...field(2, "Session ID", report.id),
    ...field(2, "Server", report.serverName),
    ...field(2, "Status", report.state.replace("_", " ")),
    ...field(2, "Images", imagesText(report)),
    ...field(2, "Extra", extras.length === 0 ? null : `${extras.length}, not asked for: ${EXTRAS}`),
    ...field(2, "Model", report.model),
    ...field(2, "Size", width === null || height === null ? null : `${width}x${height}`),
    ...field(2, "Duration", durationMs === null ? null : formatDuration(durationMs)),
  ]);
}

function noImages({ imagesMade }: GenerationReport): string {
  if (imagesMade === 0) return "No images were made";
  return imagesMade === null ? "No images were found" : "The server has kept no images";
}

/** How many there are of how many, as far as that is known. */
function imagesText({ images, imagesMade, imagesTotal }: GenerationReport): string {
  if (imagesMade !== null) return `${imagesMade} of ${imagesTotal}`;
  return `not known how many of ${imagesTotal} were made, ${images.length} found`;
}

function picture(heading: string, one: ReportedPicture): readonly string[] {
  return [
    `  ${heading}:`,
    ...field(4, "File", one.localPath),
    ...field(4, "URL", one.url ?? (one.dataUrl === null ? null : "not kept by the server")),
    ...field(4, "Seed", one.seed),
    ...field(4, "Prompt", one.isPromptResolved ? shortened(one.prompt ?? "", PROMPT_MAX) : null),
  ];
}
