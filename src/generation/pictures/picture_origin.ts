/**
 * Finds which program made a picture, by the texts in its file. Nothing is guessed beyond these
 * rules.
 */
import { isJsonObject, type JsonObject, readJson } from "../../json_object.ts";
import { CUT_DEPTHS, parseMetadata } from "./swarm_metadata.ts";

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
/** Longer graphs are not parsed, in UTF-16 units: large ones have some hundred thousand. */
const GRAPH_LENGTH_MAX = 8 * 1024 * 1024;

/**
 * Says which program made a picture.
 *
 * @param onCut Called with each limit that was reached, as what follows "the metadata".
 */
export function originOf(
  texts: PictureTexts,
  onCut: (limit: string) => void = () => {},
): PictureOrigin {
  const written = texts["parameters"] ?? texts["UserComment"];
  const metadata = written === undefined ? null : parseMetadata(written, onCut);
  if (metadata !== null && isJsonObject(metadata["sui_image_params"])) {
    return { program: "SwarmUI", metadata };
  }
  if (written !== undefined && /(^|\n)Steps: \d+, /.test(written)) {
    return { program: "A1111", parameters: written };
  }
  const prompt = graphOf(texts, "prompt", onCut);
  const workflow = graphOf(texts, "workflow", onCut);
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

function graphOf(
  texts: PictureTexts,
  name: string,
  onCut: (limit: string) => void,
): JsonObject | null {
  const start = `${name}:`;
  const text = texts[name] ??
    GRAPH_TAGS.map((tag) => texts[tag]).find((one) => one?.toLowerCase().startsWith(start))
      ?.slice(start.length);
  if (text === undefined) return null;
  if (text.length > GRAPH_LENGTH_MAX) {
    onCut(`has a ${name} of more than ${GRAPH_LENGTH_MAX >> 20} MiB, which is left out`);
    return null;
  }
  const { value, isCut } = readJson(text);
  if (!isJsonObject(value)) return null;
  if (isCut) onCut(CUT_DEPTHS);
  return value;
}
