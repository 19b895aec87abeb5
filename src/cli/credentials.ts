/**
 * The credentials for a server: key, token, headers; given directly or in files. Loaded only where
 * any are given.
 */
import { UsageError } from "../errors.ts";
import { writeOption } from "./option.ts";
import type { Setting, SettingSource } from "./setting.ts";
import { readFrom, readHeader, readSecret } from "./values.ts";
import type { Header } from "./values.ts";

/**
 * Headers from one place: one whose value is there or in a file, or lines `Name: value` there or in
 * a file.
 */
export type HeaderSource =
  | { readonly kind: "value"; readonly place: string; readonly name: string; readonly text: string }
  | { readonly kind: "value"; readonly place: string; readonly name: string; readonly file: string }
  | { readonly kind: "lines"; readonly place: string; readonly text: string }
  | { readonly kind: "lines"; readonly place: string; readonly file: string };

/**
 * Reads a file that holds a secret; `-` is standard input.
 *
 * @param action What it is read for, as the beginning of a sentence: `Cannot use …`.
 * @throws {PermissionError} If Deno's permission is missing.
 * @throws {UsageError} If it cannot be read.
 */
export type ReadSecretFile = (path: string, action: string) => Promise<string>;

/** A header, and what holds it. */
export interface PlacedHeader extends Header {
  readonly place: string;
}

/** The credentials for a server. */
export interface CredentialSettings {
  /** The `Authorization` header. `ASSET_GENERATOR_API_KEY`. */
  readonly apiKey: Setting<string | null>;
  /** The account's cookie `swarm_token`. `ASSET_GENERATOR_TOKEN`. */
  readonly token: Setting<string | null>;
  /** Further headers, each name once. `ASSET_GENERATOR_HEADERS`. */
  readonly headers: Setting<readonly PlacedHeader[]>;
}

/** The credentials given as options; absent: not given. */
export interface CredentialOptions {
  readonly apiKey?: string | undefined;
  readonly apiKeyFile?: string | undefined;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly redisUrl?: string | undefined;
  readonly redisUrlFile?: string | undefined;
  readonly header?: readonly Header[] | undefined;
  readonly headerFile?: readonly { readonly name: string; readonly file: string }[] | undefined;
}

/** A secret that a place may hold as text, or a file may. */
export type SecretName = "apiKey" | "token" | "redisUrl";

/** What a place may hold of them as text. */
export type CredentialName = SecretName | `${SecretName}File`;

/** A place that can hold credentials. */
export interface CredentialLayer {
  readonly source: SettingSource;
  placeOf(name: CredentialName): string;
  /** `undefined`: not set here. */
  read(name: CredentialName): string | undefined;
  headers(): readonly HeaderSource[];
}

const NONE = { value: null, source: "default", place: null } as const;

/**
 * Resolves the credentials for a server. Of headers with the same name, the one of the strongest
 * place counts.
 *
 * @param layers Those whose secrets may be sent to the server, the strongest first.
 * @throws {UsageError} If a value makes no sense, or two options give the same.
 */
export async function resolveCredentials(
  options: CredentialOptions,
  layers: readonly CredentialLayer[],
  readFile: ReadSecretFile,
): Promise<CredentialSettings> {
  return {
    apiKey: await resolveSecret("apiKey", { options, layers, readFile, read: readSecret }),
    token: await resolveSecret("token", { options, layers, readFile, read: readSecret }),
    headers: await resolveHeaders(options, layers, readFile),
  };
}

/**
 * Resolves one secret.
 *
 * @param from.layers The strongest first.
 * @param from.read Checks it.
 * @throws {UsageError} If it makes no sense, or a place holds it twice.
 */
export async function resolveSecret(name: SecretName, from: {
  readonly options: CredentialOptions;
  readonly layers: readonly CredentialLayer[];
  readonly readFile: ReadSecretFile;
  readonly read: (text: string) => string;
}): Promise<Setting<string | null>> {
  const { options, layers, readFile, read } = from;
  const fileName = `${name}File` as const;
  const given = options[name];
  const [option, fileOption] = [writeOption(name), writeOption(fileName)];
  const givenFile = options[fileName];
  if (given !== undefined && givenFile !== undefined) throw bothGiven(option, fileOption);
  if (given !== undefined) return { value: given, source: "option", place: option };
  if (givenFile !== undefined) {
    const value = await readSecretOf(givenFile, fileOption, { readFile, read });
    return { value, source: "option", place: fileOption };
  }
  for (const layer of layers) {
    const text = layer.read(name);
    const file = layer.read(fileName);
    const { source } = layer;
    const [place, filePlace] = [layer.placeOf(name), layer.placeOf(fileName)];
    if (text !== undefined && file !== undefined) throw bothGiven(place, filePlace);
    if (text !== undefined) {
      return { value: readFrom(place, { text, isSecret: true, read }), source, place };
    }
    if (file !== undefined) {
      const value = await readSecretOf(file, filePlace, { readFile, read });
      return { value, source, place: filePlace };
    }
  }
  return NONE;
}

async function resolveHeaders(
  options: CredentialOptions,
  layers: readonly CredentialLayer[],
  readFile: ReadSecretFile,
): Promise<Setting<readonly PlacedHeader[]>> {
  const found = new Map<string, PlacedHeader>();
  const places = new Set<string>();
  const add = (place: string, headers: readonly Header[]): void => {
    for (const header of headers) {
      const name = header.name.toLowerCase();
      if (found.has(name)) continue;
      found.set(name, { ...header, place });
      places.add(place);
    }
  };
  for (const header of (options.header ?? []).toReversed()) add("--header", [header]);
  for (const { name, file } of (options.headerFile ?? []).toReversed()) {
    const value = await readSecretOf(file, "--header-file", { readFile, read: readSecret });
    add("--header-file", [{ name, value }]);
  }
  for (const layer of layers) {
    for (const source of layer.headers()) add(source.place, await headersOf(source, readFile));
  }
  const [place = null] = places;
  const source = options.header !== undefined || options.headerFile !== undefined
    ? "option"
    : place === null
    ? "default"
    : layers.find((layer) => layer.headers().length > 0)?.source ?? "default";
  return { value: [...found.values()], source, place: place && [...places].join(" and ") };
}

async function headersOf(
  source: HeaderSource,
  readFile: ReadSecretFile,
): Promise<readonly Header[]> {
  const place = "file" in source ? nameFile(source.place, source.file) : source.place;
  const text = "file" in source ? await readFile(source.file, `Cannot use ${place}`) : source.text;
  // A value that contains a line break is no second header.
  const headers = source.kind === "value"
    ? [`${source.name}: ${text}`]
    : text.split(/\r?\n/).filter((line) => line !== "");
  return headers.map((header) =>
    readFrom(place, { text: header, isSecret: true, read: readHeader })
  );
}

async function readSecretOf(file: string, place: string, by: {
  readonly readFile: ReadSecretFile;
  readonly read: (text: string) => string;
}): Promise<string> {
  const named = nameFile(place, file);
  const text = await by.readFile(file, `Cannot use ${named}`);
  return readFrom(named, { text, isSecret: true, read: by.read });
}

/**
 * A setting and the file that it names, for errors: `--token-file "/run/token"`. A single word is not
 * repeated: it may be the secret itself, given in the wrong place.
 */
export function nameFile(place: string, file: string): string {
  return /[/\\]/.test(file) ? `${place} "${file}"` : place;
}

function bothGiven(one: string, other: string): UsageError {
  return new UsageError(`Cannot use ${one} and ${other} together: they mean the same`);
}
