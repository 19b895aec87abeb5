/**
 * Links that another user has put into a directory that others can write: nothing is read or
 * written through them. `pictures_test.ts` has those below the folder for pictures.
 */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AppError } from "../../src/errors.ts";
import { preparePictureFolder } from "../../src/pictures/picture_files.ts";
import { followLinks, ForeignLinkError } from "../../src/system/follow_links.ts";
import { otherUser } from "../support/other_user.ts";
import { runHere } from "../support/program_here.ts";
import { openStage } from "../support/stage.ts";
import { namesIn, tempDir } from "../support/temp_dir.ts";
import type { TempDir } from "../support/temp_dir.ts";

/** Only root can give a link to another user. */
const other = await otherUser();
const ignore = !other?.isElse;

const STICKY = 0o1777;

/** A link of another user at `path`. */
async function plant(target: string, path: string): Promise<void> {
  await Deno.symlink(target, path);
  await new Deno.Command("chown", { args: ["-h", "65534", path] }).output();
}

/** A directory of a mode, with another user's link `link` in it and what that leads to beside it. */
async function plantIn(dir: TempDir, mode: number, text: string): Promise<string> {
  const shared = dir.join("shared");
  await Deno.mkdir(shared);
  await Deno.chmod(shared, mode);
  await Deno.writeTextFile(dir.join("precious"), text);
  await plant("../precious", `${shared}/link`);
  return `${shared}/link`;
}

for (const mode of [STICKY, 0o777, 0o775]) {
  Deno.test({
    name: `another user's link is not followed in a directory of mode ${mode.toString(8)}`,
    ignore,
    fn: async () => {
      await using stage = await openStage();
      await using dir = await tempDir();
      const link = await plantIn(dir, mode, "format: json\n");
      const foreign = `"${link}" is a link of another user (remove it, or name what it leads to)`;
      const config = `the configuration file ${link}: ${foreign}`;
      const runs: readonly (readonly [words: readonly string[], code: number, told: string])[] = [
        [["completions", "bash", "-o", link], 1, `Cannot write "${link}": ${foreign}`],
        [["config", "view", "--config", link], 2, `Cannot use ${config}`],
        [["config", "set", "quiet", "true", "--config", link], 1, `Cannot write ${config}`],
        [["status", "--state-file", link], 2, `Cannot use "${link}" as state file: ${foreign}`],
        [["status", "--token-file", link], 2, `Cannot use --token-file "${link}": ${foreign}`],
      ];
      for (const [words, code, told] of runs) {
        const ended = await runHere(words, { stage });
        assertEquals([ended.code, ended.err], [code, `Error: ${told}\n`]);
      }
      await assertRejects(() => preparePictureFolder(link), AppError, foreign);
      assertEquals(await Deno.readTextFile(dir.join("precious")), "format: json\n");
      const names = await namesIn(dir.join("shared"));
      assertEquals(names, ["link"]);
    },
  });
}

Deno.test("another user's link is not followed where it stands for a directory either", {
  ignore,
}, async () => {
  await using dir = await tempDir();
  for (const name of ["shared", "victim"]) await Deno.mkdir(dir.join(name));
  await Deno.chmod(dir.join("shared"), STICKY);
  await plant("../victim", dir.join("shared/theirs"));
  await Deno.symlink("theirs", dir.join("shared/own"));
  await Deno.mkdir(dir.join("shared/😀"));
  for (const name of ["theirs", "own", "theirs/new", "😀/../own/new/deep"]) {
    const told = '/theirs" is a link of another user';
    await assertRejects(() => preparePictureFolder(dir.join("shared", name)), AppError, told);
    assertThrows(() => followLinks(dir.join("shared", name, "x")), ForeignLinkError, told);
  }
  assertEquals(await Array.fromAsync(Deno.readDir(dir.join("victim"))), []);
});

Deno.test("followLinks() follows links of a closed directory, of the superuser, and one's own", {
  ignore,
}, async () => {
  await using dir = await tempDir();
  const closed = await plantIn(dir, 0o755, "text");
  assertEquals(followLinks(closed), dir.join("shared/../precious"));
  await Deno.chmod(dir.join("shared"), STICKY);
  assertThrows(() => followLinks(closed), ForeignLinkError);
  // A chain is as good as its worst link.
  await Deno.symlink("link", dir.join("shared/own"));
  assertThrows(() => followLinks(dir.join("shared/own")), ForeignLinkError, '/shared/link" is a');
  await Deno.symlink("../precious", dir.join("shared/good"));
  assertEquals(followLinks(dir.join("shared/good")), dir.join("shared/../precious"));
});

Deno.test("a user follows links that are the user's own, and no other user's", {
  ignore,
}, async () => {
  await using dir = await tempDir();
  await other?.own(dir.path);
  const link = await plantIn(dir, STICKY, "text");
  // Somebody else than the user who runs this, and than the superuser.
  await Deno.symlink("../precious", dir.join("shared/foreign"));
  await new Deno.Command("chown", { args: ["-h", "65533", dir.join("shared/foreign")] }).output();
  await other?.own(dir.join("precious"));
  for (const path of [link, dir.join("shared/foreign")]) {
    const ended = await other?.run(["completions", "bash", "-o", path], { cwd: dir.path });
    assertEquals(ended?.code, path === link ? 0 : 1, ended?.err);
  }
});
