/**
 * Parameters that have an option: `--param steps=20` is `--steps 20`. They are moved first, so that
 * all rules of the option hold for both ways.
 */
import { UsageError } from "../../errors.ts";
import { type AnyOption, writeOption } from "../option.ts";
import { formatCount } from "../../render/text.ts";
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

/** All options that set one parameter, by its id. */
const BY_ID: readonly (readonly [id: string, name: keyof GenerateOptions])[] = [
  ...OPTION_OF,
  ...PARAMETER_OPTIONS.map(([name, id]) => [id, name] as const),
];

/**
 * The defaults that count with this command line: what was given replaces what means the same, in
 * whatever way either was given, and what would do nothing alone is left out.
 */
export function applicableDefaults(
  given: Partial<GenerateOptions>,
  defaults: Partial<GenerateOptions>,
): Partial<GenerateOptions> {
  const ids = givenIds(given);
  const param = defaults.param?.filter(({ key }) => !ids.has(keyOf(key)));
  const unused = new Set<string>(BY_ID.filter(([id]) => ids.has(id)).map(([, name]) => name));
  const leaveOut = (...names: readonly (keyof GenerateOptions)[]): void =>
    names.forEach((name) => unused.add(name));
  const isSet = (id: string, name: keyof GenerateOptions): boolean =>
    ids.has(id) || defaults[name] !== undefined ||
    (param ?? []).some(({ key }) => keyOf(key) === id);
  if (ids.has("prompt")) leaveOut("promptFile");
  if (ids.has("height")) leaveOut("length");
  if ((given.websocket ?? given.noWebsocket) !== undefined) leaveOut("websocket", "noWebsocket");
  const hasLoraParameter = (given.param ?? []).some(({ key }) => /^lora/.test(keyOf(key)));
  if (hasLoraParameter) leaveOut("lora");
  if ((given.lora ?? defaults.lora) === undefined || hasLoraParameter) {
    leaveOut("loraWeight", "loraDefaultWeight");
  }
  if (!isSet("initimage", "initImage")) leaveOut("mask");
  if (!isSet("variationseedstrength", "variationStrength")) leaveOut("variationSeed");
  // There is no process left to save them.
  const isSaved = given.saveImages ?? (given.detach ? false : defaults.saveImages);
  if (given.detach) leaveOut("saveImages");
  if (!isSaved) leaveOut("outputDir", "filenameTemplate", "force");
  const rest = Object.entries({ ...defaults, param });
  return Object.fromEntries(
    rest.filter(([name, value]) => value !== undefined && !unused.has(name)),
  );
}

/** The parameters that a command line sets, in whatever way. */
function givenIds(given: Partial<GenerateOptions>): ReadonlySet<string> {
  return new Set([
    ...(given.param ?? []).map(({ key }) => keyOf(key)),
    ...BY_ID.filter(([, name]) => given[name] !== undefined).map(([id]) => id),
    ...given.promptFile === undefined ? [] : ["prompt"],
    ...given.length === undefined ? [] : ["height"],
    ...given.lora === undefined ? [] : ["loras", "loraweights"],
  ]);
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
      `Cannot use --param loraweights: it has ${formatCount(given.length, "weight")} for ` +
        `${formatCount(asked.length, "LoRA")} (write --lora NAME:WEIGHT)`,
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
