import { assertEquals, assertThrows } from "@std/assert";
import { environmentLayer, NO_SERVER, resolveSettings } from "../../src/cli/settings.ts";
import type {
  Setting,
  SettingLayer,
  SettingLayers,
  SettingName,
  SettingOptions,
  Settings,
} from "../../src/cli/settings.ts";
import { UsageError } from "../../src/errors.ts";

type Texts = Partial<Record<SettingName, string>>;

function resolve(
  options: SettingOptions,
  env: Readonly<Record<string, string>>,
  more: Partial<SettingLayers> = {},
): Settings {
  const environment = { get: (name: string) => env[name], mayRead: () => true };
  return resolveSettings(options, {
    environment: environmentLayer(environment),
    stateFile: "/here/state.json",
    ...more,
  });
}

function layer(source: "server" | "config", texts: Texts): SettingLayer {
  return { source, placeOf: (name) => `${source} ${name}`, read: (name) => texts[name] };
}

function chosenBy(source: "option" | "config"): Setting<string> {
  return { value: "gpu2", source, place: source };
}

const NOWHERE = { source: "default", place: null } as const;

Deno.test("resolveSettings() falls back to the defaults", () => {
  assertEquals(resolve({}, {}), {
    apiUrl: { value: "http://127.0.0.1:7801", ...NOWHERE },
    apiKey: { value: null, ...NOWHERE },
    token: { value: null, ...NOWHERE },
    stateFile: { value: "/here/state.json", ...NOWHERE },
    format: { value: "table", ...NOWHERE },
    requestTimeoutMs: { value: 5000, ...NOWHERE },
    model: { value: null, ...NOWHERE },
    server: NO_SERVER,
  });
});

Deno.test("resolveSettings() reads every setting from its variable", () => {
  const env = {
    ASSET_GENERATOR_API_URL: "https://swarm.example",
    ASSET_GENERATOR_API_KEY: "key",
    ASSET_GENERATOR_TOKEN: "token",
    ASSET_GENERATOR_STATE_FILE: "there.json",
    ASSET_GENERATOR_FORMAT: "yaml",
    ASSET_GENERATOR_REQUEST_TIMEOUT: "250ms",
    ASSET_GENERATOR_MODEL: "tiny.safetensors",
  };
  function from<const T>(name: keyof typeof env, value: T): Setting<T> {
    return { value, source: "environment", place: name };
  }
  assertEquals(resolve({}, env), {
    apiUrl: from("ASSET_GENERATOR_API_URL", "https://swarm.example"),
    apiKey: from("ASSET_GENERATOR_API_KEY", "key"),
    token: from("ASSET_GENERATOR_TOKEN", "token"),
    stateFile: from("ASSET_GENERATOR_STATE_FILE", "there.json"),
    format: from("ASSET_GENERATOR_FORMAT", "yaml"),
    requestTimeoutMs: from("ASSET_GENERATOR_REQUEST_TIMEOUT", 250),
    model: from("ASSET_GENERATOR_MODEL", "tiny.safetensors"),
    server: NO_SERVER,
  });
});

Deno.test("resolveSettings() lets an option win over its variable, a wrong one included", () => {
  const settings = resolve({ format: "json", requestTimeout: 1000 }, {
    ASSET_GENERATOR_FORMAT: "xml",
    ASSET_GENERATOR_REQUEST_TIMEOUT: "2s",
  });
  const source = "option";
  assertEquals(settings.format, { value: "json", source, place: "--format" });
  assertEquals(settings.requestTimeoutMs, { value: 1000, source, place: "--request-timeout" });
});

Deno.test("resolveSettings() takes an empty variable for one that is not set", () => {
  assertEquals(resolve({}, { ASSET_GENERATOR_API_URL: "" }).apiUrl.source, "default");
});

Deno.test("resolveSettings() asks the entry of the server before the rest of the file", () => {
  const settings = resolve({}, { ASSET_GENERATOR_STATE_FILE: "env.json" }, {
    server: layer("server", { requestTimeoutMs: "1s", apiUrl: "http://gpu2" }),
    config: layer("config", {
      requestTimeoutMs: "2s",
      format: "json",
      stateFile: "config.json",
      apiUrl: "http://studio",
    }),
    chosen: chosenBy("config"),
  });
  assertEquals(settings.apiUrl, { value: "http://gpu2", source: "server", place: "server apiUrl" });
  assertEquals(settings.requestTimeoutMs.value, 1000);
  assertEquals(settings.format, { value: "json", source: "config", place: "config format" });
  assertEquals(settings.stateFile.value, "env.json");
  assertEquals(settings.server, chosenBy("config"));
});

Deno.test("resolveSettings() takes the server of the command line before the environment's address", () => {
  const env = { ASSET_GENERATOR_API_URL: "http://env", ASSET_GENERATOR_TOKEN: "env-token" };
  const server = layer("server", { apiUrl: "http://gpu2", token: "gpu2-token" });
  const here = resolve({}, env, { server, chosen: chosenBy("option") });
  assertEquals([here.apiUrl.value, here.token.value], ["http://gpu2", "gpu2-token"]);
  // One that the file or a variable chooses does not hide a variable.
  const there = resolve({}, env, { server, chosen: chosenBy("config") });
  assertEquals([there.apiUrl.value, there.token.value], ["http://env", "env-token"]);
});

/** What is said where, and which token is sent to which address. */
const BELONGING: readonly (readonly [
  {
    readonly option?: SettingOptions;
    readonly env?: Texts;
    readonly server?: Texts;
    readonly config?: Texts;
  },
  string,
  string | null,
])[] = [
  [{ env: { token: "e" } }, "http://127.0.0.1:7801", "e"],
  [{ option: { apiUrl: "http://x" }, env: { token: "e" } }, "http://x", "e"],
  [{ option: { apiUrl: "http://x" }, env: { apiUrl: "http://y", token: "e" } }, "http://x", null],
  [{ option: { apiUrl: "http://y/" }, env: { apiUrl: "http://y", token: "e" } }, "http://y/", "e"],
  [{ server: { apiUrl: "http://s", token: "s" } }, "http://s", "s"],
  [
    { option: { apiUrl: "http://x" }, server: { apiUrl: "http://s", token: "s" } },
    "http://x",
    null,
  ],
  [{ env: { apiUrl: "http://x" }, server: { apiUrl: "http://s", token: "s" } }, "http://x", null],
  [{ env: { token: "e" }, server: { apiUrl: "http://s", token: "s" } }, "http://s", "e"],
  [{ server: { apiUrl: "http://s" }, config: { token: "c" } }, "http://s", null],
  [{ config: { token: "c" } }, "http://127.0.0.1:7801", "c"],
  [{ config: { apiUrl: "http://c", token: "c" } }, "http://c", "c"],
  [{ option: { apiUrl: "http://x" }, config: { token: "c" } }, "http://x", null],
  [{ option: { apiUrl: "http://x", token: "o" }, config: { token: "c" } }, "http://x", "o"],
  [
    { option: { apiUrl: "http://x" }, config: { apiUrl: "nonsense", token: "c" } },
    "http://x",
    null,
  ],
];

for (const [said, url, token] of BELONGING) {
  Deno.test(`resolveSettings() sends a secret to its own server: ${JSON.stringify(said)}`, () => {
    const env: Record<string, string> = {};
    if (said.env?.apiUrl !== undefined) env["ASSET_GENERATOR_API_URL"] = said.env.apiUrl;
    if (said.env?.token !== undefined) env["ASSET_GENERATOR_TOKEN"] = said.env.token;
    const settings = resolve(said.option ?? {}, env, {
      ...said.server && { server: layer("server", said.server), chosen: chosenBy("config") },
      ...said.config && { config: layer("config", said.config) },
    });
    assertEquals([settings.apiUrl.value, settings.token.value], [url, token]);
  });
}

Deno.test("resolveSettings() names the variable of a wrong value, and no secret's value", () => {
  assertThrows(
    () => resolve({}, { ASSET_GENERATOR_FORMAT: "xml" }),
    UsageError,
    'Cannot use ASSET_GENERATOR_FORMAT "xml": expected table, json or yaml',
  );
  const error = assertThrows(
    () => resolve({}, { ASSET_GENERATOR_API_KEY: "hunter2\n" }),
    UsageError,
    "Cannot use ASSET_GENERATOR_API_KEY: expected printable",
  );
  assertEquals(error.message.includes("hunter2"), false);
});
