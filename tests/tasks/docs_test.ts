/** The manual pages as the programs see them that people read them with. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { hasCommand } from "../support/shell.ts";

const MAN = decodeURIComponent(new URL("../../man/", import.meta.url).pathname);
const PAGES = [...Deno.readDirSync(MAN)].map(({ name }) => name).sort();

/** Renders all pages and gives what was said of them, and the text of each. */
async function render(program: string, ...options: readonly string[]): Promise<{
  readonly said: string;
  readonly texts: ReadonlyMap<string, string>;
}> {
  const decoder = new TextDecoder();
  const texts = new Map<string, string>();
  let said = "";
  for (const name of PAGES) {
    const { stdout, stderr } = await new Deno.Command(program, {
      args: [...options, MAN + name],
      env: { LC_ALL: "C.UTF-8", MANWIDTH: "80", MANPAGER: "cat", GROFF_NO_SGR: "" },
    }).output();
    said += decoder.decode(stderr);
    // deno-lint-ignore no-control-regex -- bold and underlined characters, as printers do them
    texts.set(name, decoder.decode(stdout).replaceAll(/.\x08/gu, ""));
  }
  return { said, texts };
}

Deno.test({
  name: "manual pages: mandoc has nothing to complain of",
  ignore: Deno.build.os === "windows" || !hasCommand("mandoc", "-Tlocale"),
  fn: async () => {
    const { texts } = await render("mandoc", "-Tlint", "-Wwarning");
    assertEquals([...texts.values()].join(""), "");
  },
});

Deno.test({
  name: "manual pages: man shows them without a warning, dashes and quotes as they are typed",
  ignore: Deno.build.os === "windows" || !hasCommand("man"),
  fn: async () => {
    const { said, texts } = await render("man", "--warnings", "--local-file");
    assertEquals(said, "");
    const image = texts.get("asset-generator-generate-image.1") ?? "";
    assertStringIncludes(image, `asset-generator generate image --prompt "a lighthouse at dawn"`);
    const events = texts.get("asset-generator-events.1") ?? "";
    assertStringIncludes(events, "asset-generator events --get event");
  },
});
