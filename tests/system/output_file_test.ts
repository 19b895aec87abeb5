import { assertEquals, assertRejects } from "@std/assert";
import { AppError, PermissionError } from "../../src/errors.ts";
import { writeFileAtomically } from "../../src/system/output_file.ts";
import { withTempDir } from "../support/temp_dir.ts";

const isWindows = Deno.build.os === "windows";

Deno.test("writeFileAtomically() makes a file and replaces one, and leaves nothing else", async () => {
  await withTempDir(async (dir) => {
    const path = dir.join("out.json");
    await writeFileAtomically(path, "one\n");
    await writeFileAtomically(path, "zwei ☃\n");
    assertEquals(await Deno.readTextFile(path), "zwei ☃\n");
    assertEquals(names(dir.path), ["out.json"]);
  });
});

Deno.test("writeFileAtomically() never shows a reader half a file", async () => {
  await withTempDir(async (dir) => {
    const path = dir.join("out");
    const texts = ["a", "b"].map((letter) => letter.repeat(300_000));
    await writeFileAtomically(path, texts[0] ?? "");
    let isWriting = true;
    const writing = (async () => {
      for (let turn = 1; turn <= 40; turn++) await writeFileAtomically(path, texts[turn % 2] ?? "");
      isWriting = false;
    })();
    let torn = 0;
    while (isWriting) if (!texts.includes(await Deno.readTextFile(path))) torn++;
    await writing;
    assertEquals(torn, 0);
  });
});

Deno.test({
  name: "writeFileAtomically() follows a symlink and keeps the mode of the file behind it",
  ignore: isWindows,
  fn: () =>
    withTempDir(async (dir) => {
      await Deno.mkdir(dir.join("real"));
      await Deno.writeTextFile(dir.join("real", "file"), "old", { mode: 0o600 });
      await Deno.symlink(dir.join("real", "file"), dir.join("link"));
      await writeFileAtomically(dir.join("link"), "new");
      assertEquals(await Deno.readTextFile(dir.join("real", "file")), "new");
      assertEquals((await Deno.lstat(dir.join("link"))).isSymlink, true);
      assertEquals(((await Deno.stat(dir.join("real", "file"))).mode ?? 0) & 0o777, 0o600);
    }),
});

Deno.test({
  name: "writeFileAtomically() writes into a device instead of replacing it",
  ignore: isWindows,
  fn: () =>
    withTempDir(async (dir) => {
      await Deno.symlink("/dev/null", dir.join("null"));
      await writeFileAtomically(dir.join("null"), "gone");
      assertEquals((await Deno.stat("/dev/null")).isCharDevice, true);
      assertEquals(names(dir.path), ["null"]);
    }),
});

Deno.test("writeFileAtomically() says what is wrong and leaves nothing behind", async () => {
  await withTempDir(async (dir) => {
    const directory = await assertRejects(() => writeFileAtomically(dir.path, "x"), AppError);
    assertEquals(directory.message, `Cannot write "${dir.path}": it is a directory`);
    const missing = dir.join("missing", "out");
    const error = await assertRejects(() => writeFileAtomically(missing, "x"), AppError);
    const words = isWindows
      ? "The system cannot find the path specified."
      : "no such file or directory";
    assertEquals(error.message, `Cannot write "${missing}": ${words}`);
    assertEquals(names(dir.path), []);
  });
});

Deno.test({
  name: "writeFileAtomically() names the missing permission",
  permissions: { read: true, write: false },
  fn: async () => {
    const error = await assertRejects(() => writeFileAtomically("/x/y", "x"), PermissionError);
    assertEquals(error.needs, "--allow-write=/x");
    assertEquals(error.message, 'Cannot write "/x/y": not allowed (add --allow-write=/x)');
  },
});

function names(path: string): readonly string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}
