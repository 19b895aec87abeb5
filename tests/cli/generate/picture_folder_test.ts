import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { preparePictures } from "../../../src/cli/generate/picture_folder.ts";
import { AppError, PermissionError } from "../../../src/errors.ts";
import { preparePictureFolder } from "../../../src/pictures/picture_files.ts";
import { withTempDir } from "../../support/temp_dir.ts";

const FILES = { prepare: preparePictureFolder };

Deno.test("preparePictures() says that it is a file, and what to do", async () => {
  await withTempDir(async (dir) => {
    await Deno.writeTextFile(dir.join("file"), "");
    for (
      const [path, found] of [
        ["file", "it is no directory"],
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
      `Cannot save "${directory}": Deno keeps programs out of the system's own places ` +
        "(choose another directory with --output-dir)",
    );
  }
});

Deno.test("preparePictures() hands on which permission is missing", async () => {
  const missing = new PermissionError("Cannot save pictures", "--allow-write=out");
  const files = { prepare: () => Promise.reject(missing) };
  assertStrictEquals(await assertRejects(() => preparePictures(files, "out")), missing);
});
