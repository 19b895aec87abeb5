import { assertEquals, assertRejects } from "@std/assert";
import { environmentLayer, NO_SERVER, resolveSettings } from "../../src/cli/settings.ts";
import type { Setting } from "../../src/cli/setting.ts";
import type {
  SettingLayer,
  SettingLayers,
  SettingName,
  SettingOptions,
  Settings,
} from "../../src/cli/setting_layers.ts";
import { UsageError } from "../../src/errors.ts";

type Texts = Partial<Record<SettingName, string>>;

function resolve(
  options: SettingOptions,
  env: Readonly<Record<string, string>>,
  more: Partial<SettingLayers> = {},
): Promise<Settings> {
  const environment = { get: (name: string) => env[name], mayRead: () => true };
  return resolveSettings(options, {
    environment: environmentLayer(environment),
    stateFile: "/here/state.json",
    readSecretFile: (path) => Promise.resolve(`from ${path}`),
    ...more,
  });
}

function layer(source: "server" | "config", texts: Texts): SettingLayer {
  return {
    source,
    placeOf: (name) => `${source} ${name}`,
    read: (name) => texts[name],
    headers: () => [],
  };
}

function chosenBy(source: "option" | "config"): Setting<string> {
  return { value: "gpu2", source, place: source };
}

const NOWHERE = { source: "default", place: null } as const;

Deno.test("resolveSettings() falls back to the defaults", async () => {
  assertEquals(await resolve({}, {}), {
    apiUrl: { value: "http://127.0.0.1:7801", ...NOWHERE },
    apiKey: { value: null, ...NOWHERE },
    token: { value: null, ...NOWHERE },
    headers: { value: [], ...NOWHERE },
    stateFile: { value: "/here/state.json", ...NOWHERE },
    format: { value: "table", ...NOWHERE },
    requestTimeoutMs: { value: 5000, ...NOWHERE },
    model: { value: null, ...NOWHERE },
    redisUrl: { value: null, ...NOWHERE },
    redisPrefix: { value: "asset-generator:", ...NOWHERE },
    redisShareSessions: { value: false, ...NOWHERE },
    server: NO_SERVER,
  });
});

Deno.test("resolveSettings() reads every setting from its variable", async () => {
  const env = {
    ASSET_GENERATOR_API_URL: "https://swarm.example",
    ASSET_GENERATOR_API_KEY: "key",
    ASSET_GENERATOR_TOKEN: "token",
    ASSET_GENERATOR_HEADERS: "X-Team: art\nX-Room:7 b\n",
    ASSET_GENERATOR_STATE_FILE: "there.json",
    ASSET_GENERATOR_FORMAT: "yaml",
    ASSET_GENERATOR_REQUEST_TIMEOUT: "250ms",
    ASSET_GENERATOR_MODEL: "tiny.safetensors",
    ASSET_GENERATOR_REDIS_URL: "rediss://a:b%40c@redis.example/2",
    ASSET_GENERATOR_REDIS_PREFIX: "team:",
    ASSET_GENERATOR_REDIS_SHARE_SESSIONS: "yes",
  };
  function from<const T>(name: keyof typeof env, value: T): Setting<T> {
    return { value, source: "environment", place: name };
  }
  assertEquals(await resolve({}, env), {
    apiUrl: from("ASSET_GENERATOR_API_URL", "https://swarm.example"),
    apiKey: from("ASSET_GENERATOR_API_KEY", "key"),
    token: from("ASSET_GENERATOR_TOKEN", "token"),
    headers: from("ASSET_GENERATOR_HEADERS", [
      { name: "X-Team", value: "art", place: "ASSET_GENERATOR_HEADERS" },
      { name: "X-Room", value: "7 b", place: "ASSET_GENERATOR_HEADERS" },
    ]),
    stateFile: from("ASSET_GENERATOR_STATE_FILE", "there.json"),
    format: from("ASSET_GENERATOR_FORMAT", "yaml"),
    requestTimeoutMs: from("ASSET_GENERATOR_REQUEST_TIMEOUT", 250),
    model: from("ASSET_GENERATOR_MODEL", "tiny.safetensors"),
    redisUrl: from("ASSET_GENERATOR_REDIS_URL", "rediss://a:b%40c@redis.example/2"),
    redisPrefix: from("ASSET_GENERATOR_REDIS_PREFIX", "team:"),
    redisShareSessions: from("ASSET_GENERATOR_REDIS_SHARE_SESSIONS", true),
    server: NO_SERVER,
  });
});

Deno.test("resolveSettings() lets an option win over its variable, a wrong one included", async () => {
  const settings = await resolve({ format: "json", requestTimeout: 1000 }, {
    ASSET_GENERATOR_FORMAT: "xml",
    ASSET_GENERATOR_REQUEST_TIMEOUT: "2s",
  });
  const source = "option";
  assertEquals(settings.format, { value: "json", source, place: "--format" });
  assertEquals(settings.requestTimeoutMs, { value: 1000, source, place: "--request-timeout" });
});

Deno.test("resolveSettings() takes an empty variable for one that is not set", async () => {
  assertEquals((await resolve({}, { ASSET_GENERATOR_API_URL: "" })).apiUrl.source, "default");
});

Deno.test("resolveSettings() asks the entry of the server before the rest of the file", async () => {
  const settings = await resolve({}, { ASSET_GENERATOR_STATE_FILE: "env.json" }, {
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

Deno.test("resolveSettings() takes the server of the command line before the environment's address", async () => {
  const env = { ASSET_GENERATOR_API_URL: "http://env", ASSET_GENERATOR_TOKEN: "env-token" };
  const server = layer("server", { apiUrl: "http://gpu2", token: "gpu2-token" });
  const here = await resolve({}, env, { server, chosen: chosenBy("option") });
  assertEquals([here.apiUrl.value, here.token.value], ["http://gpu2", "gpu2-token"]);
  // An option that the file or a variable selects does not hide a variable.
  const there = await resolve({}, env, { server, chosen: chosenBy("config") });
  assertEquals([there.apiUrl.value, there.token.value], ["http://env", "env-token"]);
});

/** Which source names which server, and which token is sent to which address. */
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
  Deno.test(`resolveSettings() sends a secret to its own server: ${JSON.stringify(said)}`, async () => {
    const env: Record<string, string> = {};
    if (said.env?.apiUrl !== undefined) env["ASSET_GENERATOR_API_URL"] = said.env.apiUrl;
    if (said.env?.token !== undefined) env["ASSET_GENERATOR_TOKEN"] = said.env.token;
    const settings = await resolve(said.option ?? {}, env, {
      ...said.server && { server: layer("server", said.server), chosen: chosenBy("config") },
      ...said.config && { config: layer("config", said.config) },
    });
    assertEquals([settings.apiUrl.value, settings.token.value], [url, token]);
  });
}

Deno.test("resolveSettings() names the variable of a wrong value, and no secret's value", async () => {
  await assertRejects(
    () => resolve({}, { ASSET_GENERATOR_FORMAT: "xml" }),
    UsageError,
    'Cannot use ASSET_GENERATOR_FORMAT "xml": expected table, json or yaml',
  );
  const error = await assertRejects(
    () => resolve({}, { ASSET_GENERATOR_API_KEY: "hunter2\n" }),
    UsageError,
    "Cannot use ASSET_GENERATOR_API_KEY: expected printable",
  );
  assertEquals(error.message.includes("hunter2"), false);
});

Deno.test("resolveSettings() reads secrets from files, of each place", async () => {
  const env = { ASSET_GENERATOR_TOKEN_FILE: "/t", ASSET_GENERATOR_HEADERS_FILE: "/h" };
  const texts: Readonly<Record<string, string>> = {
    "/t": "tok",
    "/k": "key",
    "/h": "A: 1\r\nB: 2",
  };
  const readSecretFile = (path: string): Promise<string> => Promise.resolve(texts[path] ?? "value");
  const settings = await resolve(
    {
      apiKeyFile: "/k",
      header: [{ name: "b", value: "9" }],
      headerFile: [{ name: "C", file: "/c" }],
    },
    env,
    { readSecretFile },
  );
  assertEquals([settings.token.value, settings.token.place], ["tok", "ASSET_GENERATOR_TOKEN_FILE"]);
  assertEquals([settings.apiKey.value, settings.apiKey.place], ["key", "--api-key-file"]);
  assertEquals(settings.headers, {
    value: [
      { name: "b", value: "9", place: "--header" },
      { name: "C", value: "value", place: "--header-file" },
      { name: "A", value: "1", place: "ASSET_GENERATOR_HEADERS_FILE" },
    ],
    source: "option",
    place: "--header and --header-file and ASSET_GENERATOR_HEADERS_FILE",
  });
  // A command that asks no server needs no file for one.
  const none = await resolve({ tokenFile: "/t" }, env, { readSecretFile: null });
  assertEquals([none.token.value, none.headers.value], [null, []]);
});

Deno.test("resolveSettings() refuses a secret that is given twice in one place", async () => {
  await assertRejects(
    () => resolve({ token: "a", tokenFile: "/t" }, {}),
    UsageError,
    "Cannot use --token and --token-file together: they mean the same",
  );
  await assertRejects(
    () => resolve({}, { ASSET_GENERATOR_API_KEY: "a", ASSET_GENERATOR_API_KEY_FILE: "/t" }),
    UsageError,
    "Cannot use ASSET_GENERATOR_API_KEY and ASSET_GENERATOR_API_KEY_FILE together",
  );
});

Deno.test("resolveSettings() refuses headers that the tool sets itself, and shows no value", async () => {
  for (
    const [name, reason] of [["Host", "the tool itself sets the header host"], [
      "X Y",
      "expected a header",
    ]]
  ) {
    const error = await assertRejects(
      () => resolve({}, { ASSET_GENERATOR_HEADERS: `${name}: l0velace` }),
      UsageError,
      `Cannot use ASSET_GENERATOR_HEADERS: ${reason}`,
    );
    assertEquals(error.message.includes("l0velace"), false);
  }
});
