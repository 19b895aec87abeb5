import { assertEquals } from "@std/assert";
import { configPlaces } from "../../src/settings/config_file.ts";

function placesOf(env: Readonly<Record<string, string>>, os = "linux"): readonly string[] {
  const environment = { get: (name: string) => env[name], mayRead: () => true };
  return configPlaces(undefined, environment, { os }).map(({ path }) => path);
}

Deno.test("configPlaces() looks where the platform keeps such files, then where the original did", () => {
  assertEquals(placesOf({ HOME: "/home/ada" }), [
    "/home/ada/.config/asset-generator/config.yaml",
    "/home/ada/.asset-generator/config.yaml",
  ]);
  assertEquals(placesOf({ HOME: "/home/ada/", XDG_CONFIG_HOME: "/etc/ada/" }), [
    "/etc/ada/asset-generator/config.yaml",
    "/home/ada/.asset-generator/config.yaml",
  ]);
  assertEquals(placesOf({ XDG_CONFIG_HOME: "/etc/ada" }), ["/etc/ada/asset-generator/config.yaml"]);
  assertEquals(placesOf({ XDG_CONFIG_HOME: "relative", HOME: "" }), []);
  assertEquals(placesOf({ HOME: "relative" }), []);
});

Deno.test("configPlaces() looks in %APPDATA% on Windows", () => {
  const home = "C:\\Users\\ada";
  const original = "C:\\Users\\ada\\.asset-generator\\config.yaml";
  assertEquals(placesOf({ APPDATA: "D:\\Roaming", USERPROFILE: home }, "windows"), [
    "D:\\Roaming\\asset-generator\\config.yaml",
    original,
  ]);
  assertEquals(placesOf({ USERPROFILE: home }, "windows"), [
    "C:\\Users\\ada\\AppData\\Roaming\\asset-generator\\config.yaml",
    original,
  ]);
});

Deno.test("configPlaces() looks nowhere else where a file is named", () => {
  const environment = { get: () => "/home/ada", mayRead: () => true };
  assertEquals(configPlaces("/etc/swarm.yaml", environment), [
    { path: "/etc/swarm.yaml", kind: "named" },
  ]);
});
