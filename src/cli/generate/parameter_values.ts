/**
 * Checks the values of `--param` against the server's own description of its parameters. Without a
 * word, the server ignores unknown names and takes the shortest choice that contains a typo
 * (`swarmui-protocol.md §3.2`), so only values that it lists are sent.
 */
import { UsageError } from "../../errors.ts";
import {
  isListType,
  mediaOf,
  type ServerParameter,
} from "../../generation/server/server_parameter.ts";
import { InvalidValueError, readSwitch } from "../values.ts";
import { findChoice, findNamed } from "./choose.ts";
import { closestHint } from "./closest_name.ts";
import { keyOf, ON_SERVER, type ParamOption, splitList, writeParam } from "./param_option.ts";
import type { SentFiles } from "./sent_files.ts";

/** The server's whole numbers have 64 bits. */
const INT64_MAX = 2n ** 63n - 1n;

/** Parameters as they are sent, by the server's parameter ids. */
export type ParameterValues = Readonly<Record<string, string | readonly string[]>>;

/**
 * Checks parameters. If one is given twice, the last counts; lists collect all.
 *
 * @param from.known The server's parameters.
 * @param from.files Reads the files that parameters for pictures, sounds and videos name.
 * @throws {UsageError} If there is no such parameter, or it does not accept this value.
 */
export async function readParameters(
  params: readonly ParamOption[],
  from: { readonly known: readonly ServerParameter[]; readonly files: SentFiles },
): Promise<ParameterValues> {
  const values = new Map<string, string | readonly string[]>();
  for (const param of params) {
    const parameter = findParameter(param.key, from.known);
    const { id, type } = parameter;
    if (!isListType(type)) values.set(id, await readOne(parameter, param, from.files));
    else {
      const entries = await readList(parameter, param, from.files);
      values.set(id, [...values.get(id) ?? [], ...entries]);
    }
  }
  return Object.fromEntries(values);
}

/**
 * Finds a parameter by its id or its name; case, spaces and punctuation are ignored.
 *
 * @throws {UsageError} If there is none; names the closest.
 */
export function findParameter(key: string, known: readonly ServerParameter[]): ServerParameter {
  const wanted = keyOf(key);
  const found = known.find(({ id }) => id === wanted) ??
    known.find(({ name }) => keyOf(name) === wanted);
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot use the parameter ${JSON.stringify(key)}: the server has no such parameter that this ` +
      `account may use (${closestHint(key, known.map(({ id }) => id))})`,
  );
}

async function readOne(
  parameter: ServerParameter,
  param: ParamOption,
  files: SentFiles,
): Promise<string> {
  const media = mediaOf(parameter.type);
  if (media !== null) {
    return await files.read(pathOf(param.text, param), { media, place: writeParam(param) });
  }
  switch (parameter.type) {
    case "integer":
      return readInteger(parameter, param);
    case "decimal":
      return readDecimal(parameter, param);
    case "boolean":
      return readBoolean(param);
    default:
      return readEntry(parameter, param, param.text);
  }
}

async function readList(
  parameter: ServerParameter,
  param: ParamOption,
  files: SentFiles,
): Promise<readonly string[]> {
  const media = mediaOf(parameter.type);
  if (media === null) {
    return splitList(param.text).map((entry) => {
      // The server would split it at the comma.
      if (entry.includes(",")) throw wrong(param, "an entry of a list cannot hold a comma");
      return readEntry(parameter, param, entry);
    });
  }
  // A file's name may contain commas, so several files are given one by one, or as JSON.
  const isJson = param.text.trimStart().startsWith("[");
  const paths = isJson ? splitList(param.text) : [param.text];
  return await Array.fromAsync(
    paths,
    (path) => files.read(pathOf(path, param), { media, place: writeParam(param) }),
  );
}

/** A path as it is given for a file, which says whether the file is here or on the server. */
function pathOf(path: string, { isOnServer = false }: ParamOption): string {
  return isOnServer ? ON_SERVER + path : path;
}

/** A word, a model's name, or any text if the server does not list the possible values. */
function readEntry(
  { id, name: noun, type, choices }: ServerParameter,
  param: ParamOption,
  text: string,
): string {
  // The server would end the request without a word.
  if (id === "rawresolution" && !/^ *\d+ *x *\d+ *$/.test(text)) {
    throw wrong(param, "expected a width and a height, such as 1344x768");
  }
  if (choices === null) return text;
  if (choices.length === 0) throw wrong(param, "the server has nothing to choose from");
  if (type !== "model") return findChoice(text, choices, noun);
  const models = choices.map((name) => ({
    name,
    loaded: false,
    standardWidth: null,
    standardHeight: null,
  }));
  return findNamed(text, models, noun).name;
}

function readInteger({ range }: ServerParameter, param: ParamOption): string {
  const least = range === null ? -INT64_MAX - 1n : BigInt(Math.ceil(range.min));
  const most = range === null ? INT64_MAX : BigInt(Math.floor(range.max));
  const limit = most > INT64_MAX ? INT64_MAX : most;
  const text = param.text.trim();
  const value = /^[+-]?\d{1,19}$/.test(text) ? BigInt(text) : null;
  if (value !== null && value >= least && value <= limit) return `${value}`;
  const limits = range === null ? "" : ` from ${least} to ${limit}`;
  throw wrong(param, `expected a whole number${limits}`);
}

function readDecimal({ range }: ServerParameter, param: ParamOption): string {
  const text = param.text.trim();
  const value = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  const isIn = range === null || value >= range.min && value <= range.max;
  if (Number.isFinite(value) && isIn) return text;
  const limits = range === null ? "" : ` from ${range.min} to ${range.max}`;
  throw wrong(param, `expected a number${limits}`);
}

function readBoolean(param: ParamOption): string {
  try {
    return `${readSwitch(param.text.trim())}`;
  } catch (error) {
    if (error instanceof InvalidValueError) throw wrong(param, error.message);
    throw error;
  }
}

function wrong(param: ParamOption, reason: string): UsageError {
  return new UsageError(
    `Cannot use ${
      writeParam(param)
    }: ${reason} (see asset-generator generate image --param-help ${param.key})`,
  );
}
