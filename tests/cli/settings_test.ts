import { assertEquals, assertThrows } from "@std/assert";
import { environmentLayer, resolveSettings, variableOf } from "../../src/cli/settings.ts";
import type { SettingOptions, Settings } from "../../src/cli/settings.ts";
import { UsageError } from "../../src/errors.ts";

function resolve(options: SettingOptions, env: Readonly<Record<string, string>>): Settings {
  const environment = { get: (name: string) => env[name], mayRead: () => true };
  return resolveSettings(options, {
    layers: [environmentLayer(environment)],
    stateFile: "/here/state.json",
  });
}

Deno.test("resolveSettings() falls back to the defaults", () => {
  assertEquals(resolve({}, {}), {
    apiUrl: { value: "http://127.0.0.1:7801", source: "default" },
    apiKey: { value: null, source: "default" },
    token: { value: null, source: "default" },
    stateFile: { value: "/here/state.json", source: "default" },
    format: { value: "table", source: "default" },
    requestTimeoutMs: { value: 5000, source: "default" },
    model: { value: null, source: "default" },
  });
});

Deno.test("resolveSettings() reads every setting from its variable", () => {
  const settings = resolve({}, {
    ASSET_GENERATOR_API_URL: "https://swarm.example",
    ASSET_GENERATOR_API_KEY: "key",
    ASSET_GENERATOR_TOKEN: "token",
    ASSET_GENERATOR_STATE_FILE: "there.json",
    ASSET_GENERATOR_FORMAT: "yaml",
    ASSET_GENERATOR_REQUEST_TIMEOUT: "250ms",
    ASSET_GENERATOR_MODEL: "tiny.safetensors",
  });
  const source = "environment";
  assertEquals(settings, {
    apiUrl: { value: "https://swarm.example", source },
    apiKey: { value: "key", source },
    token: { value: "token", source },
    stateFile: { value: "there.json", source },
    format: { value: "yaml", source },
    requestTimeoutMs: { value: 250, source },
    model: { value: "tiny.safetensors", source },
  });
});

Deno.test("resolveSettings() lets an option win over its variable, a wrong one included", () => {
  const settings = resolve({ format: "json", requestTimeout: 1000 }, {
    ASSET_GENERATOR_FORMAT: "xml",
    ASSET_GENERATOR_REQUEST_TIMEOUT: "2s",
  });
  assertEquals(settings.format, { value: "json", source: "option" });
  assertEquals(settings.requestTimeoutMs, { value: 1000, source: "option" });
});

Deno.test("resolveSettings() takes an empty variable for one that is not set", () => {
  assertEquals(resolve({}, { ASSET_GENERATOR_API_URL: "" }).apiUrl.source, "default");
});

Deno.test("resolveSettings() asks the stronger layer first", () => {
  const strong = layer("environment", { model: "strong" });
  const weak = layer("environment", { model: "weak", format: "json" });
  const settings = resolveSettings({}, { layers: [strong, weak], stateFile: "x" });
  assertEquals([settings.model.value, settings.format.value], ["strong", "json"]);
});

function layer(
  source: "environment",
  texts: Partial<Record<keyof Settings, string>>,
): ReturnType<typeof environmentLayer> {
  return { source, placeOf: variableOf, read: (name) => texts[name] };
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
