/**
 * Turns the user's options into the request for the server: every name is checked, nothing is
 * guessed.
 */
import { UsageError } from "../../errors.ts";
import type {
  ImageRequest,
  ImageServer,
  ModelEntry,
} from "../../generation/server/image_server.ts";
import type { Preset } from "../../generation/server/server_parameter.ts";
import { lastSeed, SEED_MAX } from "../../generation/run/seed.ts";
import type { ServerSession } from "../../generation/session.ts";
import { findChoice, otherSpelling } from "./choose.ts";
import type { GenerateOptions } from "./generate_options.ts";
import { givenParameters } from "./own_parameters.ts";
import { keyOf } from "./param_option.ts";
import { findPresets, presetValue, replacedBy } from "./presets.ts";
import { type ParameterValues, readParameters } from "./parameter_values.ts";
import { checkSaving } from "./saving_options.ts";
import type { SentFiles } from "./sent_files.ts";
import { checkTemplateParameters } from "./template_parameters.ts";
import { findLoras, findModel } from "./wanted_models.ts";
import { quote } from "../values.ts";

/** The server to ask, and the files to send. */
interface Sources {
  readonly server: ImageServer;
  readonly session: ServerSession;
  readonly files: SentFiles;
  /** Called with one line of text if something works differently than requested. */
  readonly warn: (message: string) => void;
}

/**
 * Checks what can be checked without the server.
 *
 * @throws {UsageError} If something is missing or contradicts something else.
 */
export function checkGenerateOptions(options: GenerateOptions): void {
  if (options.prompt === undefined || options.prompt.trim() === "") {
    throw new UsageError('Cannot generate without a prompt (give --prompt "what to show")');
  }
  checkCompanions(options);
  if (options.height !== undefined && options.length !== undefined) {
    throw new UsageError("Cannot use --height and --length together: they mean the same");
  }
  checkSaving(options);
}

/** Checks parameters that have no effect without another one; a preset may contain that one. */
function checkCompanions({ param = [], preset }: GenerateOptions): void {
  if (preset !== undefined) return;
  const has = (id: string): boolean => param.some(({ key }) => keyOf(key) === id);
  if (has("maskimage") && !has("initimage")) {
    throw new UsageError("Cannot use a mask without a picture to begin with (add --init-image)");
  }
  if (has("variationseed") && !has("variationseedstrength")) {
    throw new UsageError(
      "Cannot use a variation seed without its strength, which is 0 (add --variation-strength)",
    );
  }
}

/**
 * Makes the request. Asks the server only what these options need.
 *
 * @param from.model The model's name from option or setting; `null`: see `chooseModel()`.
 * @throws {UsageError} If the server has no such model, LoRA, sampler, scheduler or parameter, or
 * does not accept such a value.
 */
export async function makeImageRequest(
  options: GenerateOptions,
  from: Sources & { readonly model: string | null },
): Promise<ImageRequest> {
  await checkTemplateParameters(options.filenameTemplate, {
    server: from.server,
    session: () => Promise.resolve(from.session),
  });
  const presets = await presetsOf(options, from);
  // On the server, presets are applied last.
  const wanted = presetValue(presets, "model") ?? from.model;
  const model = await findModel(wanted, from);
  const { batchSize, ...listed } = takeBatchSize(await listedValues(options, from));
  const { width, height } = sizeOf(options, { model, parameters: listed.parameters });
  const { negativePrompt, steps, seed, cfgScale } = options;
  const images = (options.batch ?? 1) * (batchSize ?? 1);
  const doNotSave = presetValue(presets, "donotsave") ?? listed.parameters?.["donotsave"];
  checkSeeds(seed, { images, batchSize, parameters: listed.parameters });
  return {
    prompt: options.prompt ?? "",
    model: model.name,
    images,
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(doNotSave === "true" ? { doNotSave: true } : {}),
    ...(negativePrompt === undefined ? {} : { negativePrompt }),
    ...(steps === undefined ? {} : { steps }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(seed === undefined ? {} : { seed }),
    ...(cfgScale === undefined ? {} : { cfgScale }),
    ...listed,
    ...await findLoras(options.lora ?? [], from),
    ...(presets.length === 0 ? {} : { presets: presets.map(({ title }) => title) }),
  };
}

/**
 * The server counts seeds up without a check for the largest one, after which they would be
 * negative.
 *
 * @throws {UsageError} If an image would have a seed above the largest.
 */
function checkSeeds(seed: string | undefined, { images, batchSize = 1, parameters = {} }: {
  readonly images: number;
  readonly batchSize: number | undefined;
  readonly parameters: ParameterValues | undefined;
}): void {
  if (seed === undefined || seed === "-1") return;
  const isFixed = parameters["noseedincrement"] === "true";
  const last = lastSeed(seed, { images, batchSize, isFixed });
  if (last <= SEED_MAX) return;
  const most = SEED_MAX - (last - BigInt(seed));
  throw new UsageError(
    `Cannot use --seed ${seed} for ${images} images: seeds count up from the first and end at ` +
      `${SEED_MAX} (give at most ${most})`,
  );
}

/** One run may make several images: then there are more of them than `--batch` says. */
function takeBatchSize<T extends Pick<ImageRequest, "parameters">>(
  listed: T,
): T & Pick<ImageRequest, "batchSize"> {
  const { batchsize, ...parameters } = listed.parameters ?? {};
  return batchsize === undefined ? listed : { ...listed, parameters, batchSize: Number(batchsize) };
}

async function presetsOf(
  options: GenerateOptions,
  { server, session, warn }: Sources,
): Promise<readonly Preset[]> {
  const { preset } = options;
  if (preset === undefined) return [];
  const presets = findPresets(preset, await server.presets(session));
  const replaced = replacedBy(presets, givenParameters(options));
  if (replaced.length > 0) {
    warn(`The preset replaces what you gave for ${replaced.join(", ")}, as the server does it`);
  }
  return presets;
}

/**
 * The values that are checked against the server's list of parameters. It is large, so it is asked
 * for only if needed.
 */
async function listedValues(
  { sampler, scheduler, param = [] }: GenerateOptions,
  { server, session, files, warn }: Sources,
): Promise<Pick<ImageRequest, "sampler" | "scheduler" | "parameters">> {
  if (sampler === undefined && scheduler === undefined && param.length === 0) return {};
  const known = await server.parameters(session);
  const choose = (id: string, name: string): string => {
    const choices = known.find((parameter) => parameter.id === id)?.choices ?? null;
    const spelled = choices === null ? null : otherSpelling(name, choices);
    if (spelled !== null) warn(`The ${id} ${quote(name)} is called ${spelled} by this server`);
    return findChoice(spelled ?? name, choices, id);
  };
  return {
    ...(sampler === undefined ? {} : { sampler: choose("sampler", sampler) }),
    ...(scheduler === undefined ? {} : { scheduler: choose("scheduler", scheduler) }),
    ...(param.length === 0 ? {} : { parameters: await readParameters(param, { known, files }) }),
  };
}

/** A parameter that gives the size in another way; the server prefers it to width and height. */
function otherSize(parameters: ParameterValues): string | null {
  if (Object.hasOwn(parameters, "rawresolution")) return "rawresolution";
  // One of the two has no effect alone.
  const isBySide = ["sidelength", "aspectratio"].every((id) => Object.hasOwn(parameters, id));
  return isBySide ? "sidelength" : null;
}

/**
 * The requested size, else the model's own.
 *
 * @throws {UsageError} If it is given twice.
 */
function sizeOf(options: GenerateOptions, { model, parameters = {} }: {
  readonly model: ModelEntry;
  readonly parameters: ParameterValues | undefined;
}): { readonly width: number | undefined; readonly height: number | undefined } {
  const { width, height = options.length } = options;
  const other = otherSize(parameters);
  if (other === null) {
    return {
      width: width ?? model.standardWidth ?? undefined,
      height: height ?? model.standardHeight ?? undefined,
    };
  }
  if (width === undefined && height === undefined) return { width, height };
  throw new UsageError(
    `Cannot use ${width === undefined ? "--height" : "--width"} and --param ${other} together: ` +
      "the server would use only the parameter",
  );
}
