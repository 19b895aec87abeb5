/** Makes file names for pictures from a template. Pure. All values are foreign text. */

import { isDataUrl } from "../server/image_server.ts";
import { cutText } from "../../cut_text.ts";

/** The values that a template can use. */
export interface FileNameValues {
  /** Position among the pictures of the generation, from 0. */
  readonly index: number;
  /** The path that the server gave, or a `data:` URL. */
  readonly path: string;
  /**
   * The endings that fit the content of the file, the usual one first. Without them, the ending of
   * the path is used.
   */
  readonly endings?: readonly string[];
  readonly seed: string | null;
  readonly model: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly prompt: string;
  /** The generation's ID. */
  readonly id: string;
  /** Further parameters of the picture by the server's parameter ids, as text. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Epoch milliseconds; written in local time. */
  readonly nowMs: number;
}

/** The placeholders and their meanings, for help and errors. */
export const PLACEHOLDERS: Readonly<Record<string, string>> = {
  index: "position from 000, also {i}",
  index1: "position from 001, also {i1}",
  timestamp: "Unix time in seconds, also {ts}",
  datetime: "2025-10-10_14-30-00, also {dt}",
  date: "2025-10-10",
  time: "14-30-00",
  original: "the server's own name, without ending",
  ext: "the picture's ending, without dot",
  seed: "the seed really used",
  model: "the model's name",
  width: "width in pixels",
  height: "height in pixels",
  prompt: "the prompt's first 60 characters",
  id: "the generation's ID",
  "param.KEY": "any parameter of the server's, such as {param.steps}",
};

const SHORT: Readonly<Record<string, string>> = {
  i: "index",
  i1: "index1",
  ts: "timestamp",
  dt: "datetime",
};

/** The endings of media types that are not called like them. */
const USUAL: Readonly<Record<string, string>> = { jpeg: "jpg", plain: "txt" };
/** One of the server's parameters by its id. */
const PARAMETER = /^param\.[a-z]+$/;
/** Longest name in bytes: the limit of common file systems is 255, and a suffix may follow. */
const NAME_BYTES_MAX = 200;
/** Names that Windows reserves, with any ending. */
const RESERVED =
  /^(con|conin\$|conout\$|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])\s*(\.|$)/i;

/** Lists the placeholders of a template that do not exist. */
export function unknownPlaceholders(template: string): readonly string[] {
  return [...template.matchAll(/\{([^{}]*)\}/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !isParameter(name) && !Object.hasOwn(PLACEHOLDERS, SHORT[name] ?? name));
}

function isParameter(name: string): boolean {
  return PARAMETER.test(name);
}

/** The ids of the server's parameters that a template names. */
export function parametersOf(template: string): readonly string[] {
  return [...template.matchAll(/\{([^{}]*)\}/g)]
    .map(([, name = ""]) => name)
    .filter(isParameter)
    .map((name) => name.slice("param.".length));
}

/**
 * Cleans a template: removes what would lead out of its folder, and replaces what some systems do
 * not allow in a name by `_`. A good template stays as it is.
 */
export function cleanTemplate(template: string): string {
  const parts = template.split("/").map(cleanPart);
  // A folder alone is fine: the pictures keep their own names in it.
  const end = parts.length > 1 && template.endsWith("/") ? "/" : "";
  return parts.filter((part) => part !== "").join("/") + end;
}

/**
 * Makes a relative path with `/` separators. Only the template can contain folders, values cannot.
 * The path never leaves its folder, is never empty, and is a valid name on Windows too. The
 * picture's own ending is added if the template has no `{ext}`, and its own name if nothing but an
 * ending is left.
 */
export function makeFileName(template: string, values: FileNameValues): string {
  const { original, ext } = namesOf(values);
  const { endings = [] } = values;
  const filled = template.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
    return cleanValue(valueOf(SHORT[name] ?? name, values) ?? "");
  });
  const hasEnding = /\{ext\}/.test(template) ||
    [ext, ...endings].some((one) => filled.toLowerCase().endsWith(`.${one}`));
  const named = hasEnding ? filled : `${filled}.${ext}`;
  // A name with a dash before it would be an option of the programs that get it from `*`.
  const parts = named.split("/").map(cleanPart).filter((part) => part !== "")
    .map((part) => part.startsWith("-") ? `_${part}` : part);
  if (parts.length === 0 || parts.at(-1)?.toLowerCase() === ext) {
    parts.splice(-1, 1, cleanPart(`${original || "image"}.${ext}`));
  }
  return parts.join("/");
}

/** Puts a number before the ending, for a name that is taken: `cat.png` → `cat-2.png`. */
export function numberFileName(name: string, number: number): string {
  const dot = name.lastIndexOf(".");
  return dot <= name.lastIndexOf("/") + 1
    ? `${name}-${number}`
    : `${name.slice(0, dot)}-${number}${name.slice(dot)}`;
}

function valueOf(name: string, values: FileNameValues): string | null {
  const { original, ext } = namesOf(values);
  const { date, time } = localTime(values.nowMs);
  switch (name) {
    case "index":
      return String(values.index).padStart(3, "0");
    case "index1":
      return String(values.index + 1).padStart(3, "0");
    case "timestamp":
      return String(Math.floor(values.nowMs / 1000));
    case "datetime":
      return `${date}_${time}`;
    case "date":
      return date;
    case "time":
      return time;
    case "original":
      return original || `image-${values.index}`;
    case "ext":
      return ext;
    case "seed":
      return values.seed ?? "unknown";
    case "model":
      return values.model.replace(/\.[a-z]+$/, "");
    case "width":
      return values.width === null ? "unknown" : String(values.width);
    case "height":
      return values.height === null ? "unknown" : String(values.height);
    case "prompt":
      return cutText(values.prompt, { most: 60, measure: codePoints }).text.trim();
    case "id":
      return values.id;
    default:
      return isParameter(name) ? parameterOf(name, values) : null;
  }
}

function parameterOf(name: string, { parameters }: FileNameValues): string {
  const id = name.slice(name.indexOf(".") + 1);
  const value = Object.hasOwn(parameters, id) ? parameters[id] ?? "" : "unknown";
  return cutText(value, { most: 60, measure: codePoints }).text.trim();
}

/** The server's own name, and its ending if it is a real one. */
function namesOf(
  { path, endings = [] }: FileNameValues,
): { readonly original: string; readonly ext: string } {
  const named = splitPath(path);
  const [usual = named.ext] = endings;
  return endings.includes(named.ext) ? named : { original: named.original, ext: usual };
}

/** The server's own name and ending. A `data:` URL has only an ending, from its media type. */
export function splitPath(path: string): { readonly original: string; readonly ext: string } {
  const media = /^data:[a-z]+\/([a-z0-9]+)/i.exec(path)?.[1]?.toLowerCase();
  if (isDataUrl(path)) {
    return { original: "", ext: USUAL[media ?? ""] ?? media ?? "png" };
  }
  const name = path.split(/[/\\]/).at(-1) ?? "";
  const [, original = name, ext = "png"] = /^(.*)\.([A-Za-z0-9]{1,5})$/.exec(name) ?? [];
  return { original, ext: ext.toLowerCase() };
}

function cleanValue(value: string): string {
  return value.replaceAll(/[/\\]/g, "-");
}

/** One part of a path: no control or reserved characters, no `..`, no reserved Windows name. */
function cleanPart(part: string): string {
  const plain = part
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}<>:"\\|?*]/gu, "_")
    .replace(/^[\s.]+/, "")
    .replace(/[\s.]+$/, "");
  const safe = RESERVED.test(plain) ? `_${plain}` : plain;
  return shorten(safe);
}

function shorten(name: string): string {
  const bytes = new TextEncoder();
  if (bytes.encode(name).length <= NAME_BYTES_MAX) return name;
  const dot = name.lastIndexOf(".");
  const ending = dot > 0 && name.length - dot <= 6 ? name.slice(dot) : "";
  const stem = cutText(name.slice(0, name.length - ending.length), {
    most: NAME_BYTES_MAX - bytes.encode(ending).length,
    measure: (character) => bytes.encode(character).length,
  });
  return stem.text.trimEnd() + ending;
}

function localTime(nowMs: number): { readonly date: string; readonly time: string } {
  const now = new Date(nowMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  return {
    date: `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`,
    time: `${two(now.getHours())}-${two(now.getMinutes())}-${two(now.getSeconds())}`,
  };
}

function codePoints(character: string): number {
  return [...character].length;
}
