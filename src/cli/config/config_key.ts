/** A setting as people name it: `format`, `servers.gpu2.token`, `generate.steps`. */
import { UsageError } from "../../errors.ts";
import type { AnyOption } from "../option.ts";
import { suggest } from "../suggest.ts";
import { listOf, quote, readFrom, readHeader, readPath, readServerName } from "../values.ts";
import {
  DEFAULT_SERVER,
  GENERATE,
  generateNames,
  HEADER_FILES,
  HEADERS,
  keyOf,
  SERVERS,
  SETTING_KEYS,
} from "./setting_keys.ts";

/** A setting that the file may hold. */
export interface ConfigKey {
  readonly path: readonly string[];
  readonly isSecret: boolean;
  /** @throws {InvalidValueError} If a value makes no sense. */
  readonly check: (text: string) => unknown;
}

/**
 * The names on the way to a setting, whether there is such a one or not. Only what stands behind
 * `headers.` is one name, dots and all.
 */
export function pathOfKey(key: string): readonly string[] {
  const [, before = "", section, header] = /^(.*?\.)?(headers|header-files)\.(.+)$/.exec(key) ?? [];
  if (section === undefined || header === undefined) return key.split(".");
  return [...before.split(".").filter((name) => name !== ""), section, header];
}

/**
 * Finds a setting by its name.
 *
 * @throws {UsageError} If there is no such setting, with the nearest one; or if it is a whole section.
 */
export async function findConfigKey(key: string): Promise<ConfigKey> {
  const [name, ...value] = key.split("=");
  if (value.length > 0) {
    // It is not shown, because it may be a secret.
    throw new UsageError(
      `Cannot use ${name}=…: the value is a word of its own (config set ${name} VALUE)`,
    );
  }
  const path = pathOfKey(key);
  const [first = "", ...rest] = path;
  if (first === SERVERS && rest.length >= 2) {
    const [name = "", ...below] = rest;
    readFrom(key, { text: name, read: readServerName });
    const found = await settingAt(below, {
      key,
      before: `${SERVERS}.${name}.`,
      isOfServer: true,
    });
    return { ...found, path };
  }
  if (first === GENERATE && rest.length > 0) {
    const { command } = await import("../commands/generate_image.ts");
    return { ...defaultAt(rest.join("."), key, command.options), path };
  }
  return { ...await settingAt(path, { key, before: "", isOfServer: false }), path };
}

/** The default of `generate image` with this name, if there is one. */
async function generateDefault(name: string): Promise<readonly string[]> {
  const { command } = await import("../commands/generate_image.ts");
  const isThere = generateNames(command.options).some((each) => keyOf(each) === name);
  return isThere ? [`${GENERATE}.${name}`] : [];
}

async function settingAt(path: readonly string[], about: {
  readonly key: string;
  readonly before: string;
  readonly isOfServer: boolean;
}): Promise<Omit<ConfigKey, "path">> {
  const { key, before, isOfServer } = about;
  const [name = "", below] = path;
  if (name === HEADERS && below !== undefined) {
    return { isSecret: true, check: (text) => readHeader(`${below}: ${text}`) };
  }
  if (name === HEADER_FILES && below !== undefined) {
    // A name that cannot be sent is refused as in `headers`.
    return { isSecret: false, check: (text) => [readHeader(`${below}: x`), readPath(text)] };
  }
  if (name === DEFAULT_SERVER && path.length === 1 && !isOfServer) {
    return { isSecret: false, check: readServerName };
  }
  const known = SETTING_KEYS.filter((each) => each.isOfServer || !isOfServer);
  const found = path.length === 1 ? known.find((each) => each.key === name) : undefined;
  if (found !== undefined) return fromOption(found.option);
  const sections = [HEADERS, HEADER_FILES, ...isOfServer ? [] : [SERVERS, GENERATE]];
  if (sections.includes(name)) {
    const example = name === SERVERS ? ".NAME.api-url" : name === GENERATE ? ".steps" : ".X-Team";
    throw new UsageError(
      `Cannot use ${quote(key)}: it is a section (name a setting in it, such as ` +
        `${before}${name}${example})`,
    );
  }
  const names = [...known.map((each) => each.key), ...isOfServer ? [] : [DEFAULT_SERVER]];
  const near = suggest(path.join("."), [...names, ...sections]).map((each) =>
    sections.includes(each) ? `${before}${each}.NAME` : before + each
  );
  const elsewhere = near.length > 0 || isOfServer ? [] : await generateDefault(path.join("."));
  throw noSuchKey(key, [...near, ...elsewhere]);
}

function defaultAt(
  name: string,
  key: string,
  table: Readonly<Record<string, AnyOption>>,
): Omit<ConfigKey, "path"> {
  const names = generateNames(table);
  const found = names.find((each) => keyOf(each) === name);
  const option = found === undefined ? undefined : table[found];
  if (option !== undefined) return fromOption(option);
  throw noSuchKey(key, suggest(name, names.map(keyOf)).map((each) => `${GENERATE}.${each}`));
}

function fromOption({ isSecret = false, read }: AnyOption): Omit<ConfigKey, "path"> {
  return { isSecret, check: (text) => read(text, undefined) };
}

function noSuchKey(key: string, near: readonly string[]): UsageError {
  const hint = near.length > 0
    ? ` (did you mean ${listOf(near)}?)`
    : " (see asset-generator config view)";
  return new UsageError(`Cannot use ${quote(key)}: there is no such setting${hint}`);
}
