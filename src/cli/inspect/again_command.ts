/** Makes the command line that makes a picture again, from SwarmUI's metadata. */
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import { extrasIn, parametersIn } from "../../generation/pictures/swarm_metadata.ts";
import { LORA_PARAMETERS, loraArguments } from "./lora_arguments.ts";
import { decimalText, optionArguments } from "./option_arguments.ts";

/** A command line. */
export interface AgainCommand {
  /** Arguments after the program's name. */
  readonly args: readonly string[];
  /** The text for its standard input; `null`: none. */
  readonly input: string | null;
  /** What the command line cannot express, as sentences. */
  readonly notes: readonly string[];
}

/** Parameters that have an option, in the order in which they are written. */
const OPTIONS: readonly (readonly [id: string, option: string])[] = [
  ["negativeprompt", "--negative-prompt"],
  ["model", "--model"],
  ["width", "--width"],
  ["height", "--height"],
  ["steps", "--steps"],
  ["cfgscale", "--cfg-scale"],
  ["seed", "--seed"],
  ["sampler", "--sampler"],
  ["scheduler", "--scheduler"],
  ["vae", "--vae"],
  ["variationseed", "--variation-seed"],
  ["variationseedstrength", "--variation-strength"],
];
/**
 * Parameters that are left out: those that the server adds, the number of pictures, and LoRAs,
 * which are written one by one.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...["prompt", "images", "batchsize", "swarm_version", "is_preview", "preview_notice"],
  ...LORA_PARAMETERS,
]);
/** The server's size for a request without one. */
const SIDE_DEFAULT = 512;

/**
 * Parameters for files, whose content the server never writes down: what they are called, and the
 * parameters that show that there may have been one.
 */
const SENT: readonly (readonly [id: string, option: string, traces: RegExp])[] = [
  ["initimage", "--init-image", /^initimage|^mask/],
  ["maskimage", "--mask", /^initimage|^mask/],
  ["promptimages", "--param promptimages", /^promptimage|ipadapter|revision/],
  ["controlnetimageinput", "--param controlnetimageinput", /^controlnet(?!two|three)/],
  ["controlnettwoimageinput", "--param controlnettwoimageinput", /^controlnettwo/],
  ["controlnetthreeimageinput", "--param controlnetthreeimageinput", /^controlnetthree/],
];

/** The longest argument: Linux allows 128 KiB for one, Windows 32 KiB for all. */
const ARGUMENT_CHARACTERS_MAX = 16 * 1024;

/** Makes the command line for one picture, without the others of its request. */
export function againCommand(metadata: JsonObject): AgainCommand {
  const parameters = new Map(Object.entries(parametersIn(metadata)));
  const { original_prompt, original_negativeprompt } = extrasIn(metadata);
  const prompt = textOf(original_prompt) ?? textOf(parameters.get("prompt")) ?? "";
  const negative = textOf(original_negativeprompt) ?? textOf(parameters.get("negativeprompt")) ??
    "";
  parameters.set("negativeprompt", negative);
  // The server sets it to the seed if no other is given.
  if (`${parameters.get("wildcardseed")}` === `${parameters.get("seed")}`) {
    parameters.delete("wildcardseed");
  }
  // Alone it has no effect, and is refused.
  if (!parameters.has("variationseedstrength")) parameters.delete("variationseed");
  settleSize(parameters);
  const notes = notesOf([...parameters.keys()]);
  const { args: promptArgs, input } = promptArguments(prompt);
  const own = OPTIONS.flatMap(([id, option]) => {
    const text = textOf(parameters.get(id));
    return text === null || id === "negativeprompt" && text === ""
      ? []
      : optionArguments(option, text);
  });
  return {
    args: [
      ...["generate", "image"],
      ...promptArgs,
      ...own,
      ...loraArguments(metadata, [prompt, negative]),
      ...otherArguments(parameters),
    ],
    input,
    notes,
  };
}

/** How a prompt is given to `generate image`: as an argument, or on standard input. */
function promptArguments(prompt: string): Pick<AgainCommand, "args" | "input"> {
  if (prompt.length > ARGUMENT_CHARACTERS_MAX || prompt === "-") {
    // One line break at the end is dropped when it is read.
    return { args: ["--prompt", "-"], input: `${prompt}\n` };
  }
  return { args: optionArguments("--prompt", prompt), input: null };
}

/** What may have been sent with the request and is not in the metadata. */
function notesOf(ids: readonly string[]): readonly string[] {
  const options = SENT.filter(([id, , traces]) =>
    !ids.includes(id) && ids.some((one) => traces.test(one))
  ).map(([, option]) => option);
  if (options.length === 0) return [];
  return [
    "Pictures that were sent from files are not in the metadata: add " +
    `${options.join(" and ")} if there were any`,
  ];
}

/**
 * Adds the size if it is missing: otherwise the tool would send the model's own size, and not the
 * server's.
 */
function settleSize(parameters: Map<string, unknown>): void {
  const isBySide = parameters.has("sidelength") && parameters.has("aspectratio");
  if (parameters.has("rawresolution") || isBySide) {
    parameters.delete("width");
    parameters.delete("height");
    return;
  }
  for (const id of ["width", "height"]) {
    if (!parameters.has(id)) parameters.set(id, SIDE_DEFAULT);
  }
}

function otherArguments(parameters: ReadonlyMap<string, unknown>): readonly string[] {
  const known = new Set(OPTIONS.map(([id]) => id));
  return [...parameters].flatMap(([id, value]) => {
    if (known.has(id) || LEFT_OUT.has(id) || isJsonObject(value) || value === null) return [];
    if (id === "initimage") return optionArguments("--init-image", `server:${textOf(value)}`);
    if (id === "maskimage") return optionArguments("--mask", `server:${textOf(value)}`);
    const text = Array.isArray(value) ? JSON.stringify(value) : textOf(value);
    // Only the server knows which parameters take files. Whoever made the picture may have written a
    // path of a file here, which must not be sent.
    const isPlain = /^\w+$/.test(id) && ["number", "boolean"].includes(typeof value);
    return text === null
      ? []
      : optionArguments("--param", `${isPlain ? "" : "server:"}${id}=${text}`);
  });
}

function textOf(value: unknown): string | null {
  if (typeof value === "number") return decimalText(value);
  return ["string", "boolean"].includes(typeof value) ? String(value) : null;
}
