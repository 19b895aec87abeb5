/** The image parameters that are simulated, a part of SwarmUI's 251 (`swarmui-protocol.md §3.3`). */

/** How the text of a parameter is read. */
export type ParameterKind =
  | "text"
  | "integer"
  | "decimal"
  | "boolean"
  | "dropdown"
  | "model"
  | "list"
  | "image"
  | "image_list";

/** An image parameter. */
export interface Parameter {
  readonly id: string;
  readonly name: string;
  readonly kind: ParameterKind;
  /** The default, as text. */
  readonly fallback: string;
  /** The smallest and the largest value of a number. */
  readonly range?: readonly [number | bigint, number | bigint];
  /** Where the choices of a dropdown, list or model come from. */
  readonly source?:
    | "samplers"
    | "schedulers"
    | "backends"
    | "types"
    | "loras"
    | "models"
    | "refiners"
    | "vaes";
  /** The choices themselves. */
  readonly choices?: readonly string[];
  /** The permission that it needs. */
  readonly right?: string;
}

const PIXELS: readonly [number, number] = [64, 16_384];
const INT64_MAX = 9_223_372_036_854_775_807n;

/** All of them. */
export const PARAMETERS: readonly Parameter[] = [
  text("prompt", "Prompt"),
  text("negativeprompt", "Negative Prompt"),
  number("images", "Images", ["1", 1, 10_000]),
  number("seed", "Seed", ["-1", -1, INT64_MAX]),
  number("steps", "Steps", ["20", 0, 500]),
  decimal("cfgscale", "CFG Scale", ["7", 0, 100]),
  number("wildcardseed", "Wildcard Seed", ["-1", -1, 4_294_967_295]),
  {
    ...text("webhooks", "Webhooks"),
    kind: "dropdown",
    fallback: "Normal",
    choices: ["None", "Normal", "Manual", "Manual At End"],
  },
  number("variationseed", "Variation Seed", ["-1", -1, 4_294_967_295]),
  decimal("variationseedstrength", "Variation Seed Strength", ["0", 0, 1]),
  {
    ...text("aspectratio", "Aspect Ratio"),
    kind: "dropdown",
    fallback: "1:1",
    choices: ["1:1", "4:3", "3:2", "8:5", "16:9", "21:9", "3:4", "2:3", "5:8", "9:16", "9:21"]
      .concat("Custom"),
  },
  number("sidelength", "Side Length", ["512", ...PIXELS]),
  number("width", "Width", ["512", ...PIXELS]),
  number("height", "Height", ["512", ...PIXELS]),
  text("rawresolution", "Raw Resolution"),
  {
    ...text("sampler", "Sampler"),
    kind: "dropdown",
    fallback: "euler",
    source: "samplers",
  },
  {
    ...text("scheduler", "Scheduler"),
    kind: "dropdown",
    fallback: "normal",
    source: "schedulers",
  },
  { ...text("model", "Model"), kind: "model", source: "models", right: "model_params" },
  { ...text("vae", "VAE"), kind: "model", fallback: "None", source: "vaes", right: "model_params" },
  { ...text("loras", "LoRAs"), kind: "list", source: "loras" },
  { ...text("loraweights", "LoRA Weights"), kind: "list" },
  { ...text("loratencweights", "LoRA TEnc Weights"), kind: "list" },
  { ...text("initimage", "Init Image"), kind: "image" },
  decimal("initimagecreativity", "Init Image Creativity", ["0.6", 0, 1]),
  { ...text("maskimage", "Mask Image"), kind: "image" },
  { ...text("promptimages", "Prompt Images"), kind: "image_list" },
  {
    ...text("refinermodel", "Refiner Model"),
    kind: "model",
    fallback: "(Use Base)",
    source: "refiners",
    right: "model_params",
  },
  decimal("refinercontrolpercentage", "Refiner Control Percentage", ["0.2", 0, 1]),
  number("maskblur", "Mask Blur", ["4", 0, 64]),
  number("clipstopatlayer", "CLIP Stop At Layer", ["-1", -24, -1]),
  number("batchsize", "Batch Size", ["1", 1, 100]),
  flag("noseedincrement", "No Seed Increment"),
  flag("nopreviews", "No Previews"),
  flag("donotsave", "Do Not Save"),
  flag("continueaftererrors", "Continue After Errors"),
  flag("forwardrawbackenddata", "Forward Raw Backend Data"),
  flag("forwardswarmdata", "Forward Swarm Data"),
  {
    ...text("imageformat", "Image Format"),
    kind: "dropdown",
    fallback: "PNG",
    choices: ["PNG", "JPG", "WEBP_LOSSLESS", "WEBP"],
  },
  text("overrideoutpathformat", "Override Outpath Format"),
  {
    ...text("exactbackendid", "Exact Backend ID"),
    kind: "dropdown",
    source: "backends",
    right: "param_backend_id",
  },
  {
    ...text("internalbackendtype", "[Internal] Backend Type"),
    kind: "dropdown",
    fallback: "Any",
    source: "types",
    right: "param_backend_type",
  },
];

const BY_ID: ReadonlyMap<string, Parameter> = new Map(PARAMETERS.map((each) => [each.id, each]));

/** Finds a parameter by any spelling: letter case and all but letters do not matter (§3.2). */
export function findParameter(key: string): Parameter | null {
  return BY_ID.get(key.toLowerCase().replaceAll(/[^a-z]/g, "")) ?? null;
}

function text(id: string, name: string): Parameter {
  return { id, name, kind: "text", fallback: "" };
}

function flag(id: string, name: string): Parameter {
  return { id, name, kind: "boolean", fallback: "false" };
}

function number(
  id: string,
  name: string,
  [fallback, ...range]: readonly [string, number | bigint, number | bigint],
): Parameter {
  return { id, name, kind: "integer", fallback, range };
}

function decimal(
  id: string,
  name: string,
  [fallback, ...range]: readonly [string, number, number],
): Parameter {
  return { id, name, kind: "decimal", fallback, range };
}
