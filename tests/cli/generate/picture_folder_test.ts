import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { preparePictures } from "../../../src/cli/generate/picture_folder.ts";
import { AppError, PermissionError, UsageError } from "../../../src/errors.ts";
import { preparePictureFolder, savePicture } from "../../../src/pictures/picture_files.ts";
import { withTempDir } from "../../support/temp_dir.ts";

const FILES = { prepare: preparePictureFolder };

Deno.test("preparePictures() says that it is a file, and what to do", async () => {
  await withTempDir(async (dir) => {
    await Deno.writeTextFile(dir.join("file"), "");
    for (
      const [path, found] of [
        ["file", "it is not a directory"],
        ["file/pictures", "part of its path is not a directory"],
      ] as const
    ) {
      const error = await assertRejects(() => preparePictures(FILES, dir.join(path)), AppError);
      assertEquals(
        [error.code, error.message],
        [
          "failed",
          `Cannot save "${dir.join(path)}": ${found} (choose another directory with --output-dir)`,
        ],
      );
    }
  });
});

Deno.test("preparePictures() advises nobody to allow everything", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  for (const directory of ["/proc/pictures", "/sys", "/dev/pictures"]) {
    const { message } = await assertRejects(() => preparePictures(FILES, directory), AppError);
    assertEquals(
      message,
      `Cannot save "${directory}": Deno does not let programs use the system's own directories ` +
        "(choose another directory with --output-dir)",
    );
  }
});

Deno.test("preparePictures() names the missing permission", async () => {
  const missing = new PermissionError("Cannot save pictures", "--allow-write=out");
  const files = { prepare: () => Promise.reject(missing) };
  assertStrictEquals(await assertRejects(() => preparePictures(files, "out")), missing);
});

Deno.test("preparePictures() makes the folder that a link leads to", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await withTempDir(async (dir) => {
    await Deno.symlink("deep/pictures", dir.join("link"));
    for (const path of ["link", "link/"]) {
      await preparePictures(FILES, dir.join(path));
      assertEquals((await Deno.stat(dir.join("deep", "pictures"))).isDirectory, true);
    }
    assertEquals((await Deno.lstat(dir.join("link"))).isSymlink, true);
    const body = new Response("picture").body;
    if (body === null) throw new Error("a response with a text has a body");
    const saved = await savePicture({ directory: dir.join("link"), names: ["a.png"] }, body);
    assertEquals(saved, dir.join("link", "a.png"));
    assertEquals(await Deno.readTextFile(dir.join("deep", "pictures", "a.png")), "picture");
  });
});

Deno.test("preparePictures() does not take a dash for a folder", async () => {
  const error = await assertRejects(() => preparePictures(FILES, "-"), UsageError);
  assertEquals(
    error.message,
    'Cannot use --output-dir "-": pictures are saved as files, not written to a stream ' +
      "(a directory of this name is ./-)",
  );
});
