import { assertEquals, assertMatch } from "@std/assert";
import type { DirectoryTrial } from "../../../src/doctor/places.ts";
import { tryDirectory } from "../../../src/state/places/try_directory.ts";
import { withTempDir } from "../../support/temp_dir.ts";

Deno.test("tryDirectory() finds a usual directory good, and leaves nothing in it", () =>
  withTempDir(async (dir) => {
    const trial = await tryDirectory(dir.path, { orAbove: false });
    assertEquals(trial, { kind: "works", path: dir.path, exists: true, locks: { kind: "works" } });
    assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
  }));

Deno.test("tryDirectory() tries what is above a directory that is not there, and makes none", () =>
  withTempDir(async (dir) => {
    const path = dir.join("not", "there");
    const trial = await tryDirectory(path, { orAbove: true });
    assertEquals(trial, { kind: "works", path, exists: false, locks: { kind: "works" } });
    assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
    assertEquals(await tryDirectory(path, { orAbove: false }), {
      kind: "failed",
      path,
      message: "no such file or directory",
    });
  }));

Deno.test("tryDirectory() says what is wrong with a file in its place", () =>
  withTempDir(async (dir) => {
    const path = dir.join("file");
    await Deno.writeTextFile(path, "");
    const trial = await tryDirectory(path, { orAbove: false });
    assertEquals(trial.kind, "failed");
    assertMatch(trial.kind === "failed" ? trial.message : "", /not a directory/);
  }));

/** Whether the system respects modes here; it does not for root. */
async function heedsModes(directory: string): Promise<boolean> {
  try {
    await Deno.writeTextFile(`${directory}/probe`, "");
    await Deno.remove(`${directory}/probe`);
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return true;
    throw error;
  }
}

Deno.test({
  name: "tryDirectory() says that a directory may not be written",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withTempDir(async (dir) => {
      await Deno.chmod(dir.path, 0o500);
      const trial = await tryDirectory(dir.path, { orAbove: false });
      const expected: DirectoryTrial = await heedsModes(dir.path)
        ? { kind: "failed", path: dir.path, message: "permission denied" }
        : { kind: "works", path: dir.path, exists: true, locks: { kind: "works" } };
      await Deno.chmod(dir.path, 0o700);
      assertEquals(trial, expected);
    }),
});
