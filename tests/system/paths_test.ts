import { assertEquals, assertMatch } from "@std/assert";
import { resolvePath } from "../../src/system/path_parts.ts";
import {
  defaultStateFile,
  type EnvironmentReader,
  userStateDirectory,
} from "../../src/system/paths.ts";

/** An environment in which `hidden` variables may not be read. */
function environment(
  values: Readonly<Record<string, string>>,
  hidden: readonly string[] = [],
): EnvironmentReader {
  return {
    get: (name) => hidden.includes(name) ? undefined : values[name],
    mayRead: (name) => !hidden.includes(name),
  };
}

const OWN = "ASSET_GENERATOR_STATE_DIR";

for (
  const [what, values, path] of [
    ["its own variable first", { [OWN]: "/own", XDG_STATE_HOME: "/xdg", HOME: "/home/me" }, "/own"],
    ["a relative own variable", { [OWN]: "state" }, "/data/state"],
    ["XDG_STATE_HOME", { XDG_STATE_HOME: "/xdg/", HOME: "/home/me" }, "/xdg/asset-generator"],
    ["HOME", { HOME: "/home/me" }, "/home/me/.local/state/asset-generator"],
    ["the root as HOME", { HOME: "/" }, "/.local/state/asset-generator"],
    [
      "not a relative XDG_STATE_HOME",
      { XDG_STATE_HOME: "x", HOME: "/h" },
      "/h/.local/state/asset-generator",
    ],
    [
      "not an empty variable",
      { [OWN]: "", XDG_STATE_HOME: "", HOME: "/h" },
      "/h/.local/state/asset-generator",
    ],
    ["no relative HOME, for the working directory may be anybody's", { HOME: "home" }, null],
    ["nothing where nothing is set", {}, null],
  ] as const
) {
  Deno.test(`userStateDirectory() takes ${what}`, () => {
    const found = userStateDirectory(environment(values), { os: "linux", cwd: "/data" });
    assertEquals(found, { path, needs: null });
  });
}

Deno.test("userStateDirectory() on Windows takes LOCALAPPDATA, else USERPROFILE", () => {
  const both = { LOCALAPPDATA: "C:\\L", USERPROFILE: "C:\\U", HOME: "/no" };
  const find = (values: Readonly<Record<string, string>>) =>
    userStateDirectory(environment(values), { os: "windows", cwd: "C:\\w" }).path;
  assertEquals(find(both), "C:\\L\\asset-generator");
  assertEquals(find({ USERPROFILE: "C:\\U\\" }), "C:\\U\\AppData\\Local\\asset-generator");
  assertEquals(find({ HOME: "/no" }), null);
});

Deno.test("userStateDirectory() names the flag for variables that may not be read", () => {
  const values = { HOME: "/h" };
  assertEquals(
    userStateDirectory(environment(values, [OWN, "XDG_STATE_HOME", "HOME"]), { os: "linux" }),
    {
      path: null,
      needs: `--allow-env=${OWN},XDG_STATE_HOME,HOME`,
    },
  );
  assertEquals(userStateDirectory(environment(values, [OWN]), { os: "linux" }), {
    path: "/h/.local/state/asset-generator",
    needs: `--allow-env=${OWN}`,
  });
});

Deno.test("defaultStateFile() lies in the working directory", () => {
  assertEquals(defaultStateFile(), resolvePath(".asset-generator-state.json", Deno.cwd()));
  assertMatch(defaultStateFile(), /^(\/|[A-Za-z]:).*[/\\]\.asset-generator-state\.json$/);
});

Deno.test("resolvePath() leaves absolute paths and a lost working directory alone", () => {
  assertEquals(resolvePath("/a/b", "/c"), "/a/b");
  assertEquals(resolvePath("C:\\a", "/c"), "C:\\a");
  assertEquals(resolvePath("a", ""), "a");
});
