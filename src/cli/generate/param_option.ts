/** `--param KEY=VALUE`, before the server has said which parameters it has. */
import { InvalidValueError } from "../values.ts";

/** A parameter as it was typed. */
export interface ParamOption {
  readonly key: string;
  /** Whether a file that it names is one of the server's: `server:KEY=VALUE`. @default {false} */
  readonly isOnServer?: boolean;
  /** Everything after the first `=`, including line breaks. */
  readonly text: string;
  /** The option that it was given as: `--vae`; absent: `--param`. */
  readonly option?: string;
}

/** Before a name: the value is what the server wrote, so that it names no file here. */
export const ON_SERVER = "server:";

/** Reads `[server:]KEY=VALUE`; the value may be empty, and may hold further `=`. */
export function readParam(text: string): ParamOption {
  const equals = text.indexOf("=");
  const name = text.slice(0, Math.max(0, equals)).trim();
  const isOnServer = name.startsWith(ON_SERVER);
  const key = isOnServer ? name.slice(ON_SERVER.length).trim() : name;
  if (equals < 0 || keyOf(key) === "") {
    throw new InvalidValueError(
      "expected KEY=VALUE, such as cfgscale=6.5 (see asset-generator generate image --param-help)",
    );
  }
  return { key, text: text.slice(equals + 1), ...(isOnServer ? { isOnServer } : {}) };
}

/** The common form of all spellings of a name: `CFG Scale`, `cfg_scale` and `cfgscale`. */
export function keyOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** A parameter for error messages, shortened: `--param steps=abc`. */
export function writeParam({ key, text, option, isOnServer }: ParamOption): string {
  const shown = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
  const name = isOnServer ? ON_SERVER + key : key;
  const place = option === undefined ? `--param ${name}=` : `${option} `;
  return place + JSON.stringify(shown).slice(1, -1);
}

const SHOWN_MAX = 60;

/** Splits a list: JSON, else the parts between commas. */
export function splitList(text: string): readonly string[] {
  const json = text.trimStart().startsWith("[") ? parseList(text) : null;
  return json ?? text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

function parseList(text: string): readonly string[] | null {
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) return null;
    const isFlat = list.every((one) => ["string", "number", "boolean"].includes(typeof one));
    return isFlat ? list.map(String) : null;
  } catch {
    return null;
  }
}
