import { assertEquals, assertRejects } from "@std/assert";
import { NotPlainFileError } from "../../src/system/look_at.ts";
import { readPlainText } from "../../src/system/plain_file.ts";
import { tempDir } from "../support/temp_dir.ts";

const LIMIT = { maxBytes: 10 };

// 0700: only its owner can make files. 0777: everybody can.
for (const mode of [0o700, 0o777]) {
  for (const atOnce of [true, false]) {
    const where = `${mode.toString(8)}, ${atOnce ? "at once" : "with care"}`;

    Deno.test(`readPlainText() reads a file up to its limit (${where})`, async () => {
      await using dir = await tempDir();
      await Deno.chmod(dir.path, mode);
      const path = dir.join("file");
      assertEquals(await readPlainText(path, { ...LIMIT, atOnce }), null);
      await Deno.writeTextFile(path, "\uFEFFsteps: ü");
      assertEquals(await readPlainText(path, { maxBytes: 20, atOnce }), "steps: ü");
      await assertRejects(
        () => readPlainText(path, { ...LIMIT, atOnce }),
        NotPlainFileError,
        "it has 12 bytes, more than 10",
      );
    });

    Deno.test({
      name: `readPlainText() opens no link, directory or pipe (${where})`,
      ignore: Deno.build.os === "windows",
      fn: async () => {
        await using dir = await tempDir();
        await Deno.chmod(dir.path, mode);
        await Deno.symlink("/etc/hostname", dir.join("link"));
        await Deno.mkdir(dir.join("directory"));
        await new Deno.Command("mkfifo", { args: [dir.join("pipe")] }).output();
        const read = (name: string): Promise<string | null> =>
          readPlainText(dir.join(name), { maxBytes: 1_000, atOnce });
        await assertRejects(() => read("link"), NotPlainFileError, "it is a symbolic link");
        await assertRejects(() => read("directory"), NotPlainFileError, "it is a directory");
        await assertRejects(() => read("pipe"), NotPlainFileError, "it is not a plain file");
      },
    });
  }
}
