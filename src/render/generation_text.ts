/** The result of `generate image` for people. */
import type { GenerationReport } from "./generation_document.ts";
import { field, formatDuration, section } from "./text.ts";

/** Makes the text of `generate image`; it ends with a line break. */
export function generationText(report: GenerationReport): string {
  const { width, height, images } = report;
  return section("Generated Images", [
    ...images.flatMap((image, index) => [
      `  Image ${index + 1}:`,
      ...field(4, "File", image.localPath),
      ...field(4, "URL", image.url ?? (image.dataUrl === null ? null : "not kept by the server")),
      ...field(4, "Seed", image.seed),
    ]),
    ...(images.length === 0 ? ["No images were made"] : []),
    "",
    ...field(2, "Session ID", report.id),
    ...field(2, "Status", report.state.replace("_", " ")),
    ...field(2, "Images", `${images.length} of ${report.imagesTotal}`),
    ...field(2, "Model", report.model),
    ...field(2, "Size", width === null || height === null ? null : `${width}x${height}`),
    ...field(2, "Duration", formatDuration(report.durationMs)),
  ]);
}
