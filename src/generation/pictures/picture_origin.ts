/**
 * Finds which program made a picture, by the texts in its file. Nothing is guessed beyond these
 * rules.
 */
import { isJsonObject, type JsonObject, readJson } from "../../json_object.ts";
import { parseMetadata } from "./swarm_metadata.ts";

/** Texts in a file by their names: PNG's by keyword, EXIF's by tag (`UserComment`). */
export type PictureTexts = Readonly<Record<string, string>>;

/** A program, and what it wrote. */
export type PictureOrigin =
  | { readonly program: "SwarmUI"; readonly metadata: JsonObject }
  /**
   * Stable Diffusion web UI by AUTOMATIC1111, and programs that write the same format: a single
   * text.
   */
  | { readonly program: "A1111"; readonly parameters: string }
  /** The graph that was run, and the graph that was drawn. */
  | {
    readonly program: "ComfyUI";
    readonly prompt: JsonObject | null;
    readonly workflow: JsonObject | null;
  }
  /** `null`: another program, or a file without such texts. */
  | { readonly program: null };

/** ComfyUI's WebP files have their graphs in EXIF tags meant for cameras: `prompt:{…}`. */
const GRAPH_TAGS = ["Make", "Model", "ImageDescription"];

/** Says which program made a picture. */
export function originOf(texts: PictureTexts): PictureOrigin {
  const written = texts["parameters"] ?? texts["UserComment"];
  const metadata = written === undefined ? null : parseMetadata(written);
  if (metadata !== null && isJsonObject(metadata["sui_image_params"])) {
    return { program: "SwarmUI", metadata };
  }
  if (written !== undefined && /(^|\n)Steps: \d+, /.test(written)) {
    return { program: "A1111", parameters: written };
  }
  const prompt = graphOf(texts, "prompt");
  const workflow = graphOf(texts, "workflow");
  const isRun = prompt !== null &&
    Object.values(prompt).some((node) => isJsonObject(node) && "class_type" in node);
  const isDrawn = workflow !== null && Array.isArray(workflow["nodes"]);
  if (!isRun && !isDrawn) return { program: null };
  return {
    program: "ComfyUI",
    prompt: isRun ? prompt : null,
    workflow: isDrawn ? workflow : null,
  };
}

function graphOf(texts: PictureTexts, name: string): JsonObject | null {
  const start = `${name}:`;
  const text = texts[name] ??
    GRAPH_TAGS.map((tag) => texts[tag]).find((one) => one?.toLowerCase().startsWith(start))
      ?.slice(start.length);
  const value = text === undefined ? null : readJson(text).value;
  return isJsonObject(value) ? value : null;
}
