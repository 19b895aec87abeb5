/**
 * Parameters that have an option: `--param steps=20` is `--steps 20`. They are moved first, so that
 * all rules of the option hold for both ways.
 */
import { UsageError } from "../../errors.ts";
import { type AnyOption, writeOption } from "../option.ts";
import { readFrom } from "../values.ts";
import type { GenerateOptions } from "./generate_options.ts";
import { readLora } from "./image_values.ts";
import { keyOf, type ParamOption, splitList } from "./param_option.ts";

/** The option of each parameter, by the server's parameter ids. */
const OPTION_OF: ReadonlyMap<string, keyof GenerateOptions> = new Map([
  ["prompt", "prompt"],
  ["negativeprompt", "negativePrompt"],
  ["model", "model"],
  ["images", "batch"],
  ["width", "width"],
  ["height", "height"],
  ["steps", "steps"],
  ["seed", "seed"],
  ["cfgscale", "cfgScale"],
  ["sampler", "sampler"],
  ["scheduler", "scheduler"],
]);

/** The reverse: options that are nothing more than parameters. */
const PARAMETER_OPTIONS = [
  ["vae", "vae"],
  ["initImage", "initimage"],
  ["mask", "maskimage"],
  ["variationSeed", "variationseed"],
  ["variationStrength", "variationseedstrength"],
] as const satisfies readonly (readonly [keyof GenerateOptions, string])[];

/**
 * Moves parameters to their options, and options that are only parameters to `param`.
 *
 * @param table The command's options; their readers check the values.
 * @throws {UsageError} If a value makes no sense, or both ways were used.
 */
export function takeOwnParameters(
  options: GenerateOptions,
  table: Readonly<Record<string, AnyOption>>,
): GenerateOptions {
  const taken: Record<string, unknown> = {};
  const param: ParamOption[] = [];
  for (const each of options.param ?? []) {
    const name = OPTION_OF.get(keyOf(each.key));
    if (name === undefined) {
      param.push(each);
      continue;
    }
    if (options[name] !== undefined) throw bothWays(each, writeOption(name));
    taken[name] = readFrom(`--param ${each.key}`, {
      text: each.text,
      read: (text) => table[name]?.read(text, undefined),
    });
  }
  return takeLoras({
    ...options,
    ...taken,
    param: [...param, ...optionParameters(options, param)],
  });
}

function optionParameters(
  options: GenerateOptions,
  param: readonly ParamOption[],
): readonly ParamOption[] {
  return PARAMETER_OPTIONS.flatMap(([name, key]) => {
    const value = options[name];
    if (value === undefined) return [];
    const option = writeOption(name);
    const other = param.find((each) => keyOf(each.key) === key);
    if (other !== undefined) throw bothWays(other, option);
    return [{ key, text: `${value}`, option }];
  });
}

/** The parameters that the user gave, by the server's parameter ids. */
export function givenParameters(options: GenerateOptions): readonly string[] {
  const { param = [], length, lora } = options;
  const own = [...OPTION_OF].filter(([, name]) => options[name] !== undefined);
  return [
    ...own.map(([id]) => id),
    ...(length === undefined ? [] : ["height"]),
    ...(lora === undefined ? [] : ["loras"]),
    ...param.map(({ key }) => keyOf(key)),
  ];
}

/**
 * Options whose defaults must not be used with this command line, however the values were given.
 */
export function unusedDefaults(
  given: GenerateOptions,
  defaults: Partial<GenerateOptions>,
): readonly (keyof GenerateOptions)[] {
  const unused = (given.param ?? []).map(({ key }): keyof GenerateOptions =>
    OPTION_OF.get(keyOf(key)) ?? (/^lora/.test(keyOf(key)) ? "lora" : "param")
  ).filter((name) => name !== "param");
  if ((given.height ?? given.length) !== undefined) unused.push("height", "length");
  if ((given.websocket ?? given.noWebsocket) !== undefined) unused.push("websocket", "noWebsocket");
  if ((given.lora ?? defaults.lora) === undefined || unused.includes("lora")) {
    unused.push("loraWeight", "loraDefaultWeight");
  }
  // There is no process left to save them.
  const isSaved = given.saveImages ?? (given.detach ? false : defaults.saveImages);
  if (given.detach) unused.push("saveImages");
  if (!isSaved) unused.push("outputDir", "filenameTemplate");
  return unused;
}

/** How many images are requested. Wrong values are refused later. */
export function imagesAsked({ batch = 1, param = [] }: GenerateOptions): number {
  const size = Number(param.findLast(({ key }) => keyOf(key) === "batchsize")?.text ?? 1);
  return batch * (Number.isSafeInteger(size) && size > 0 ? size : 1);
}

/** The server has two lists for LoRAs and their weights; this tool has one. */
function takeLoras(options: GenerateOptions): GenerateOptions {
  const { param = [] } = options;
  const names = param.filter(({ key }) => keyOf(key) === "loras");
  const weights = param.filter(({ key }) => keyOf(key) === "loraweights");
  const [first = weights[0]] = names;
  if (first === undefined) return options;
  if (options.lora !== undefined) throw bothWays(first, "--lora");
  const asked = names.flatMap(({ text }) => splitList(text));
  const given = weights.flatMap(({ text }) => splitList(text));
  if (given.length > 0 && given.length !== asked.length) {
    throw new UsageError(
      `Cannot use --param loraweights: it has ${given.length} weights for ${asked.length} LoRAs ` +
        "(write --lora NAME:WEIGHT)",
    );
  }
  const lora = asked.map((name, at) =>
    readFrom("--param loras", { text: `${name}:${given[at] ?? "1"}`, read: readLora })
  );
  return {
    ...options,
    lora,
    param: param.filter((each) => !names.includes(each) && !weights.includes(each)),
  };
}

function bothWays({ key }: ParamOption, option: string): UsageError {
  return new UsageError(`Cannot use ${option} and --param ${key} together: they mean the same`);
}
