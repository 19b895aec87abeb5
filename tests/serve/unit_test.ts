/** The unit that `docs/serve.md` gives, as systemd itself judges it. */
import { assertEquals } from "@std/assert";
import { blocksOf, readPages } from "../support/doc_pages.ts";
import { hasCommand } from "../support/shell.ts";
import { tempDir } from "../support/temp_dir.ts";

/** The exposure that `systemd-analyze security` may find, from 0 to 100. */
const MOST_EXPOSED = "30";

Deno.test("docs/serve.md: systemd accepts the unit, and finds it well protected", {
  ignore: !hasCommand("systemd-analyze"),
}, async () => {
  const page = readPages().filter(({ path }) => path === "docs/serve.md");
  const [unit] = page.flatMap(blocksOf).filter(({ language }) => language === "ini");
  await using dir = await tempDir();
  const path = dir.join("asset-generator-serve.service");
  const text = unit?.text.replace("/usr/local/bin/asset-generator", "/bin/true") ?? "";
  await Deno.writeTextFile(path, text);
  for (
    const args of [["verify", path], [
      "security",
      "--offline=true",
      `--threshold=${MOST_EXPOSED}`,
      path,
    ]]
  ) {
    const { code, stdout, stderr } = await new Deno.Command("systemd-analyze", {
      args,
      env: { SYSTEMD_PAGER: "" },
    }).output();
    const told = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    assertEquals(code, 0, told);
  }
});
