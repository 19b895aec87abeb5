import { assertEquals, assertRejects } from "@std/assert";
import { AppError, PermissionError } from "../../src/errors.ts";
import { checkWritable, writeOutputFile as writeTo } from "../../src/system/output_file.ts";
import { SystemTerminal } from "../../src/system/system_terminal.ts";
import { withTempDir } from "../support/temp_dir.ts";

const isWindows = Deno.build.os === "windows";

function writeOutputFile(path: string, text: string): Promise<void> {
  return writeTo(path, text, { streams: new SystemTerminal() });
}

Deno.test("writeOutputFile() makes a file and replaces one, and leaves nothing else", async () => {
  await withTempDir(async (dir) => {
    const path = dir.join("out.json");
    await writeOutputFile(path, "one\n");
    await writeOutputFile(path, "zwei ☃\n");
    assertEquals(await Deno.readTextFile(path), "zwei ☃\n");
    assertEquals(names(dir.path), ["out.json"]);
  });
});

Deno.test("writeOutputFile() never shows a reader half a file", async () => {
  await withTempDir(async (dir) => {
    const path = dir.join("out");
    const texts = ["a", "b"].map((letter) => letter.repeat(300_000));
    await writeOutputFile(path, texts[0] ?? "");
    let isWriting = true;
    const writing = (async () => {
      for (let turn = 1; turn <= 40; turn++) await writeOutputFile(path, texts[turn % 2] ?? "");
      isWriting = false;
    })();
    let torn = 0;
    while (isWriting) if (!texts.includes(await Deno.readTextFile(path))) torn++;
    await writing;
    assertEquals(torn, 0);
  });
});

Deno.test({
  name: "writeOutputFile() follows a symlink and keeps the mode of the file behind it",
  ignore: isWindows,
  fn: () =>
    withTempDir(async (dir) => {
      await Deno.mkdir(dir.join("real"));
      await Deno.writeTextFile(dir.join("real", "file"), "old", { mode: 0o600 });
      await Deno.symlink(dir.join("real", "file"), dir.join("link"));
      await writeOutputFile(dir.join("link"), "new");
      assertEquals(await Deno.readTextFile(dir.join("real", "file")), "new");
      assertEquals((await Deno.lstat(dir.join("link"))).isSymlink, true);
      assertEquals(((await Deno.stat(dir.join("real", "file"))).mode ?? 0) & 0o777, 0o600);
    }),
});

Deno.test({
  name: "writeOutputFile() writes into a device instead of replacing it",
  ignore: isWindows,
  fn: () =>
    withTempDir(async (dir) => {
      await Deno.symlink("/dev/null", dir.join("null"));
      await writeOutputFile(dir.join("null"), "gone");
      assertEquals((await Deno.stat("/dev/null")).isCharDevice, true);
      assertEquals(names(dir.path), ["null"]);
    }),
});

Deno.test({
  name: "writeOutputFile() writes what dangling links lead to, and leaves them as they are",
  ignore: isWindows,
  fn: () =>
    withTempDir(async (dir) => {
      await Deno.mkdir(dir.join("real"));
      await Deno.symlink("real/first", dir.join("link"));
      await Deno.symlink("second", dir.join("real", "first"));
      await checkWritable(dir.join("link"));
      await writeOutputFile(dir.join("link"), "new");
      assertEquals(await Deno.readTextFile(dir.join("real", "second")), "new");
      assertEquals(names(dir.path), ["link", "real"]);
      assertEquals(names(dir.join("real")), ["first", "second"]);
      assertEquals((await Deno.lstat(dir.join("real", "first"))).isSymlink, true);

      await Deno.symlink("b", dir.join("a"));
      await Deno.symlink("a", dir.join("b"));
      const circle = `Cannot write "${dir.join("a")}": its symbolic links lead in a circle`;
      await assertRejects(() => checkWritable(dir.join("a")), AppError, circle);
      await assertRejects(() => writeOutputFile(dir.join("a"), "x"), AppError, circle);
    }),
});

Deno.test({
  name: "writeOutputFile() gives the process's streams by their names, also behind a link",
  ignore: isWindows,
  permissions: { read: true, write: true },
  fn: () =>
    withTempDir(async (dir) => {
      const said: string[][] = [];
      const streams = {
        out: (text: string) => Promise.resolve(void said.push(["out", text])),
        err: (text: string) => Promise.resolve(void said.push(["err", text])),
        writeTo: () => Promise.reject(new Error("nothing is opened")),
      };
      await Deno.symlink("/dev/stdout", dir.join("link"));
      for (const path of [dir.join("link"), "/dev/stderr", "/dev/fd/2", "/dev/null"]) {
        await checkWritable(path);
        await writeTo(path, "x", { streams });
      }
      assertEquals(said, [["out", "x"], ["err", "x"], ["err", "x"]]);
    }),
});

Deno.test({
  name:
    "writeOutputFile() writes into a named pipe, and looking at it takes nothing from its reader",
  ignore: isWindows,
  fn: () =>
    withTempDir(async (dir) => {
      const pipe = dir.join("pipe");
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      await checkWritable(pipe);
      const reading = Deno.readTextFile(pipe);
      await checkWritable(pipe);
      const text = "long ".repeat(50_000);
      await writeOutputFile(pipe, text);
      assertEquals(await reading, text);
      assertEquals(names(dir.path), ["pipe"]);
    }),
});

Deno.test("checkWritable() leaves nothing", async () => {
  await withTempDir(async (dir) => {
    await checkWritable(dir.join("r.json"));
    await assertRejects(() => checkWritable(dir.join("no", "r.json")), AppError);
    assertEquals(names(dir.path), []);
  });
});

Deno.test("writeOutputFile() says what is wrong and leaves nothing behind", async () => {
  await withTempDir(async (dir) => {
    const directory = await assertRejects(() => writeOutputFile(dir.path, "x"), AppError);
    assertEquals(directory.message, `Cannot write "${dir.path}": it is a directory`);
    const missing = dir.join("missing", "out");
    const error = await assertRejects(() => writeOutputFile(missing, "x"), AppError);
    assertEquals(
      error.message,
      `Cannot write "${missing}": there is no directory "${dir.join("missing")}"`,
    );
    assertEquals(names(dir.path), []);
  });
});

Deno.test({
  name: "writeOutputFile() names the missing permission",
  permissions: { read: true, write: false },
  fn: async () => {
    const error = await assertRejects(() => writeOutputFile("/x/y", "x"), PermissionError);
    assertEquals(error.needs, "--allow-write=/x");
    assertEquals(
      error.message,
      'Cannot write "/x/y": Deno does not allow it (add --allow-write=/x)',
    );
  },
});

function names(path: string): readonly string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

Deno.test({
  name: "writeOutputFile() keeps no set-user-ID bit of the file that it replaces",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withTempDir(async (dir) => {
      // Another user may have set it, to have a file of this user that runs with this user's rights.
      await Deno.writeTextFile(dir.join("out"), "old");
      await Deno.chmod(dir.join("out"), 0o6755);
      await writeOutputFile(dir.join("out"), "new");
      assertEquals(((await Deno.stat(dir.join("out"))).mode ?? 0) & 0o7777, 0o755);
    }),
});
