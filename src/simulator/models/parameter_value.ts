/**
 * Reads the value of an image parameter as tolerantly as SwarmUI does (`swarmui-protocol.md §3.2`).
 */
import { cutText } from "../../cut_text.ts";
import type { Parameter } from "./parameter_table.ts";

/** SwarmUI takes a base64 text shorter than this for no image. */
const LEAST_IMAGE_CHARACTERS = 10;

/** The separator in a list of files, whose content may contain commas. */
const ENTRIES = "\n|||\n";

/** A value that cannot be used; the message is SwarmUI's own. */
export class ParameterError extends Error {
  override readonly name = "ParameterError";
}

/** Turns the JSON value of a parameter into the text that SwarmUI reads. */
export function parameterText({ kind }: Parameter, value: unknown): string {
  const isFileList = kind === "image_list" && Array.isArray(value);
  return isFileList ? value.map(valueText).join(ENTRIES) : valueText(value);
}

/** Turns a JSON value into the text that SwarmUI reads. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(valueText).join(",");
  if (typeof value === "number") return numberText(value);
  return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}

/** A number as .NET writes it: `1E+21`, `1E-07`. */
function numberText(value: number): string {
  const exponential = /^(.+)e([+-])(\d+)$/.exec(String(value));
  if (exponential === null) return String(value);
  const [, digits, sign, exponent = ""] = exponential;
  return `${digits}E${sign}${exponent.padStart(2, "0")}`;
}

/** A limit as SwarmUI writes it; it keeps them as doubles: `9.223372036854776E+18`. */
function limitText(limit: number | bigint): string {
  const value = Number(limit);
  return Math.abs(value) < 1e15 ? String(value) : value.toExponential().replace("e+", "E+");
}

/**
 * Reads a value.
 *
 * @param text From `valueText()`.
 * @param choices What a dropdown, list or model may be; `null` if it may be anything.
 * @returns The value as SwarmUI keeps it: in full where it was matched fuzzily.
 * @throws {ParameterError} If it cannot be used.
 */
export function readValue(
  parameter: Parameter,
  options: { readonly text: string; readonly choices: readonly string[] | null },
): string {
  const { text, choices } = options;
  try {
    switch (parameter.kind) {
      case "text":
        return text;
      case "integer":
        return readInteger(parameter, text);
      case "decimal":
        return readDecimal(parameter, text);
      case "boolean":
        return readBoolean(parameter, text);
      case "dropdown":
        return choices === null ? text : readChoice(parameter, { text, choices });
      case "model":
        return readChoice(parameter, { text, choices: choices ?? [] });
      case "list":
        return splitList(text).map((item) =>
          choices === null ? item : readChoice(parameter, { text: item, choices })
        ).join(",");
      case "image":
        return readImage(parameter, text);
      case "image_list":
        return text.split(ENTRIES).map((each) => readImage(parameter, each)).join(ENTRIES);
    }
  } catch (error) {
    if (!(error instanceof ParameterError)) throw error;
    throw new ParameterError(`Invalid value for parameter ${parameter.name}: ${error.message}`);
  }
}

/** Splits a list; an empty text is an empty list. */
export function splitList(text: string): readonly string[] {
  return text.split(",").map((item) => item.trim()).filter((item) => item !== "");
}

function readInteger({ name, range = [0, 0] }: Parameter, text: string): string {
  const start = `Invalid integer value for param ${name} - '${text}' - must be`;
  const digits = text.trim();
  const isInt64 = /^[+-]?\d+$/.test(digits) && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits);
  if (!isInt64) throw new ParameterError(`${start} a valid integer (eg '0', '3', '-5', etc)`);
  const value = BigInt(digits);
  const [least, most] = range;
  if (value >= least && value <= most) return String(value);
  throw new ParameterError(`${start} between ${limitText(least)} and ${limitText(most)}`);
}

function readDecimal({ name, range = [0, 0] }: Parameter, text: string): string {
  const start = `Invalid decimal value for param ${name} - '${text}' - must be`;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim())) {
    throw new ParameterError(`${start} a valid decimal (eg '0.0', '3.5', '-5.2', etc)`);
  }
  const value = Number(text);
  const [least, most] = range;
  if (value >= least && value <= most) return String(value);
  throw new ParameterError(`${start} between ${least} and ${most}`);
}

function readBoolean(parameter: Parameter, text: string): string {
  const lower = text.trim().toLowerCase();
  if (lower === "true" || lower === "false") return lower;
  throw new ParameterError(
    `Invalid boolean value for param ${parameter.name} - '${text}' - must be exactly 'true' or 'false'`,
  );
}

function readChoice(
  { kind, name }: Parameter,
  { text, choices }: { readonly text: string; readonly choices: readonly string[] },
): string {
  const found = bestMatch(text, choices);
  if (found !== null) return found;
  throw new ParameterError(
    kind === "model"
      ? `Invalid model value for param ${name} - '${text}' - are you sure that model name is correct?`
      : `Invalid value for param ${name} - '${text}' - must be one of: ` +
        choices.map((choice) => `\`${choice}\``).join(", "),
  );
}

function readImage(parameter: Parameter, text: string): string {
  const base64 = text.startsWith("data:") ? text.slice(text.indexOf(",") + 1) : text;
  const isLong = base64 === "" || base64.length >= LEAST_IMAGE_CHARACTERS;
  const isBase64 = base64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(base64);
  if (isServerPicture(text) || (isLong && isBase64)) return text;
  const shown = base64.length > 10 ? `${cutText(base64, { most: 10 }).text}...` : base64;
  throw new ParameterError(
    `Invalid IMAGE value for param ${parameter.name} - '${text}' - ` +
      `must be a valid base64 string - got '${shown}'`,
  );
}

/** Says whether an image is named by its path on the server, below the user's folder. */
export function isServerPicture(text: string): boolean {
  return /^(raw|inputs|Starred)\//.test(text);
}

/**
 * SwarmUI's fuzzy match: exact, else the shortest entry that contains the text. Every entry
 * contains the empty text. Letter case, spaces, brackets and `.safetensors` are ignored.
 */
function bestMatch(text: string, choices: readonly string[]): string | null {
  const wanted = cleaned(text);
  const exact = choices.find((choice) => cleaned(choice) === wanted);
  if (exact !== undefined) return exact;
  const containing = choices.filter((choice) => cleaned(choice).includes(wanted));
  return containing.sort((one, other) => cleaned(one).length - cleaned(other).length)[0] ?? null;
}

function cleaned(text: string): string {
  return text.toLowerCase().replaceAll(/[\s[\]]/g, "").replace(/\.safetensors$/, "");
}
