import { assertEquals } from "@std/assert";
import { directoriesAbove, joinPath, splitPath } from "../../src/system/path_parts.ts";

const PATHS: readonly (readonly [path: string, directory: string, name: string])[] = [
  ["state.json", ".", "state.json"],
  ["./state.json", ".", "state.json"],
  ["a/b/state.json", "a/b", "state.json"],
  ["/state.json", "/", "state.json"],
  ["/a/state.json", "/a", "state.json"],
  ["a/", "a", ""],
];
for (const [path, directory, name] of PATHS) {
  Deno.test(`splitPath() splits ${path}`, () => {
    assertEquals(splitPath(path), { directory, name });
  });
}

Deno.test("directoriesAbove() climbs from the nearest directory to the root", () => {
  const climbs = ["/a/b/c", "/a", "/", "a/b"].map((path) => [...directoriesAbove(path)]);
  assertEquals(climbs, [["/a/b", "/a", "/"], ["/"], [], ["a", "."]]);
});

Deno.test("joinPath() adds a separator only where there is none", () => {
  assertEquals([joinPath("/", "a"), joinPath("/a", "b"), joinPath(".", "a")], [
    "/a",
    "/a/b",
    "./a",
  ]);
});

Deno.test("joinPath() leaves one of several separators at the end of a directory", () => {
  assertEquals([joinPath("/a//", "b"), joinPath("a/", "b"), joinPath("//", "b")], [
    "/a/b",
    "a/b",
    "/b",
  ]);
});
