/** The manual pages, as the programs show them with which people read them. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../src/cli/command_table.ts";
import { EXIT } from "../../src/cli/exit.ts";
import { loadCommands } from "../../tasks/docs/all_commands.ts";
import { nameOf } from "../../tasks/docs/man_page.ts";
import { hasCommand } from "../support/shell.ts";

const MAN = decodeURIComponent(new URL("../../man/", import.meta.url).pathname);
const PAGES = [...Deno.readDirSync(MAN)].map(({ name }) => name).sort();

/** Renders all pages; returns the messages about them, and the text of each. */
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
    for (const { words, command } of await loadCommands(COMMANDS)) {
      const text = texts.get(`${nameOf(words)}.1`) ?? "";
      for (const { line } of command.examples) {
        assertStringIncludes(text, ` asset-generator ${line}\n`);
      }
    }
  },
});

Deno.test("manual pages: the program's page lists every exit code", async () => {
  const page = await Deno.readTextFile(`${MAN}asset-generator.1`);
  const [, section = ""] = /\.SH EXIT STATUS\n([^]*?)\n\.SH /.exec(page) ?? [];
  const told = [...section.matchAll(/^\\fB(\d+)\\fR$/gm)].map(([, code]) => Number(code));
  assertEquals(told, Object.values(EXIT).toSorted((a, b) => a - b));
});

Deno.test("manual pages: what apropos shows of each page is short", async () => {
  for (const name of PAGES) {
    const page = await Deno.readTextFile(`${MAN}${name}`);
    const [, brief = ""] = /^\.SH NAME\n\S+ \\- (.*)$/m.exec(page) ?? [];
    assert(brief.length > 0 && brief.length <= 65, `${name}: ${brief}`);
  }
});
