/** All settings with their values and origins, for `config view`, without secrets. */
import type { Setting } from "../setting.ts";
import type { Settings } from "../setting_layers.ts";
import { writeDuration } from "../quantities.ts";
import type { ShownSetting } from "./config_document.ts";
import type { ConfigMap, ConfigNode, FoundConfig } from "./config_file.ts";
import { MASK } from "./config_options.ts";
import { DEFAULT_SERVER, GENERATE, HEADERS, SERVERS, SETTING_KEYS } from "./setting_keys.ts";

/**
 * Lists the settings in effect, then everything else in the file.
 *
 * @param settings Resolved; their secrets are not used.
 */
export function shownSettings(
  settings: Settings,
  file: FoundConfig | null,
): readonly ShownSetting[] {
  const { apiUrl, apiKey, token, headers, requestTimeoutMs, stateFile, format, model } = settings;
  const { redisUrl, redisPrefix, redisShareSessions } = settings;
  const shown = (key: string, { value, place }: Setting<string | null>): ShownSetting => ({
    key,
    value,
    from: place,
  });
  return [
    shown("server", settings.server),
    shown("api-url", apiUrl),
    masked("api-key", apiKey),
    masked("token", token),
    ...headers.value.map(({ name, place }) => ({
      key: `${HEADERS}.${name}`,
      value: MASK,
      from: place,
    })),
    shown("request-timeout", { ...requestTimeoutMs, value: writeDuration(requestTimeoutMs.value) }),
    shown("state-file", stateFile),
    masked("redis-url", redisUrl),
    shown("redis-prefix", redisPrefix),
    shown("redis-share-sessions", { ...redisShareSessions, value: `${redisShareSessions.value}` }),
    shown("format", format),
    shown(`${GENERATE}.model`, model),
    ...file === null ? [] : restOf(file),
  ];
}

function masked(key: string, { value, place }: Setting<string | null>): ShownSetting {
  return { key, value: value === null ? null : MASK, from: place };
}

/** What the file contains besides the resolved settings. */
function restOf({ path, values }: FoundConfig): readonly ShownSetting[] {
  const rest = [DEFAULT_SERVER, "quiet", "verbose", "color", GENERATE, SERVERS];
  return rest.flatMap((key) => leaves(key, values.get(key)))
    .filter(({ key }) => key !== `${GENERATE}.model`)
    .map(({ key, value }) => ({ key, value, from: `${key} in ${path}` }));
}

interface Leaf {
  readonly key: string;
  readonly value: string | readonly string[];
}

function leaves(key: string, node: ConfigNode | undefined): readonly Leaf[] {
  if (node === undefined || node === "") return [];
  if (typeof node === "string") return [{ key, value: isSecretKey(key) ? MASK : node }];
  if (node instanceof Map) {
    return [...(node as ConfigMap)].flatMap(([name, each]) => leaves(`${key}.${name}`, each));
  }
  const texts = (node as readonly ConfigNode[]).filter((each) => typeof each === "string");
  return [{ key, value: isSecretKey(key) ? MASK : texts }];
}

const SECRET_KEYS = SETTING_KEYS.filter(({ option }) => option.isSecret).map(({ key }) => key);

function isSecretKey(key: string): boolean {
  const names = key.split(".");
  return SECRET_KEYS.includes(names.at(-1) ?? "") || names.includes(HEADERS);
}
