import { assertEquals, assertMatch } from "@std/assert";
import { startScript } from "../../support/script_process.ts";
import { withTempDir } from "../../support/temp_dir.ts";

Deno.test({
  name:
    "createFileStore() does not follow a named link to where Deno may not go, and names the flag",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withTempDir(async (dir) => {
      await Deno.mkdir(dir.join("allowed"));
      await Deno.mkdir(dir.join("other"));
      await Deno.symlink("../other/state.json", dir.join("allowed", "state.json"));
      const directory = dir.join("allowed");
      await using probe = startScript("put_once.ts", { directory, args: ["state.json"] });
      assertMatch(
        await probe.nextLine() ?? "",
        /^PermissionError: .*: Deno does not allow it \(add --allow-read=.*\/other\)$/,
      );
      assertEquals(await Array.fromAsync(Deno.readDir(dir.join("other"))), []);
    }),
});
