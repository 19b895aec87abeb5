/** The content of picture files for people. Pure. */
import { shortened } from "../cut_text.ts";
import { extrasIn, parameterTexts } from "../generation/pictures/swarm_metadata.ts";
import { escapeForTerminal, jsonText } from "./escape.ts";
import { type InspectedFile, swarmFacts } from "./inspect_document.ts";
import { field, formatBytes, section } from "./text.ts";

/** How much is shown of another program's text; JSON has all of it. */
const FOREIGN_TEXT_MAX = 4_000;
/** Parameters that have lines of their own. */
const OWN_LINES: ReadonlySet<string> = new Set([
  ...["prompt", "negativeprompt", "model", "seed", "width", "height"],
  ...["loras", "loraweights", "swarm_version"],
]);
/** The parts of SwarmUI's metadata that are shown separately. */
const SHOWN_PARTS: ReadonlySet<string> = new Set(["sui_image_params", "sui_extra_data"]);
const OWN_EXTRAS: ReadonlySet<string> = new Set(["original_prompt", "asset_generator_id"]);

/** Makes the text of `inspect`. Files that could not be read are reported elsewhere. */
export function inspectText(files: readonly InspectedFile[]): string {
  return files.flatMap((one) => one.picture === null ? [] : [fileText(one)]).join("\n");
}

function fileText(one: InspectedFile): string {
  const { file, picture, origin } = one;
  if (picture === null) return "";
  const { width, height, bytes, format, isCut } = picture;
  const size = width === null || height === null ? "size not known" : `${width}x${height}`;
  return section(escapeForTerminal(file), [
    ...field(2, "Format", `${format}, ${size}, ${formatBytes(bytes)}`),
    ...field(2, "Truncated", isCut ? "the file breaks off before the picture's end" : null),
    ...field(
      2,
      "Made by",
      origin?.program ?? "not known (the file names no program that this tool knows)",
    ),
    ...madeBy(one),
  ]);
}

function madeBy({ origin, picture }: InspectedFile): readonly string[] {
  switch (origin?.program) {
    case "SwarmUI":
      return swarmLines(origin);
    case "A1111":
      return foreignText("Parameters", origin.parameters);
    case "ComfyUI":
      return [
        ...foreignText("Prompt", jsonText(origin.prompt)),
        ...foreignText("Workflow", jsonText(origin.workflow)),
      ];
    default:
      return Object.entries(picture?.texts ?? {}).flatMap(([name, text]) =>
        foreignText(escapeForTerminal(shortened(name, 60)), text)
      );
  }
}

function swarmLines(origin: Extract<InspectedFile["origin"], { program: "SwarmUI" }>): string[] {
  const facts = swarmFacts(origin);
  const parameters = parameterTexts(origin.metadata);
  const others = Object.entries(parameters).filter(([id]) => !OWN_LINES.has(id));
  const extras = Object.entries(extrasIn(origin.metadata)).filter(([id]) => !OWN_EXTRAS.has(id));
  const rest = Object.entries(origin.metadata).filter(([key]) => !SHOWN_PARTS.has(key));
  return [
    ...field(2, "Version", parameters["swarm_version"]),
    ...field(2, "Prompt", facts.prompt),
    ...field(2, "As typed", facts.original_prompt),
    ...field(2, "Negative", facts.negative_prompt),
    ...field(2, "Model", facts.model),
    ...field(2, "Seed", facts.seed),
    ...field(2, "LoRAs", facts.loras.map(loraText).join(", ")),
    ...field(2, "Generation", facts.generation_id),
    ...part("Parameters", others),
    ...part(
      "Besides",
      [...extras, ...rest].map(([id, value]) =>
        [id, typeof value === "string" ? value : jsonText(value)] as const
      ),
    ),
  ];
}

function part(
  heading: string,
  entries: readonly (readonly [string, string])[],
): readonly string[] {
  if (entries.length === 0) return [];
  const lines = entries.map(([id, value]) =>
    `    ${escapeForTerminal(id)}: ${escapeForTerminal(value)}`
  );
  return [`  ${heading}:`, ...lines];
}

function loraText(
  { name, weight }: { readonly name: string; readonly weight: number | null },
): string {
  return weight === null ? name : `${name}:${weight}`;
}

/** A text unchanged, line by line. */
function foreignText(heading: string, text: string): readonly string[] {
  if (text === "null") return [];
  const lines = shortened(text, FOREIGN_TEXT_MAX).split("\n");
  return [`  ${heading}:`, ...lines.map((line) => `    ${escapeForTerminal(line)}`.trimEnd())];
}
