import { assert, assertEquals } from "@std/assert";
import { shellLine } from "../../../src/cli/inspect/shell_line.ts";
import { unsafe } from "../../../src/render/escape.ts";
import { hasCommand } from "../../support/shell.ts";

const WORDS = [
  "plain-word_1.5",
  "",
  'a cat\'s "hat" $HOME `id` $(id) !! \\ \\n %s %%',
  "two\nlines\n",
  "\x1b[31mred\x1b[0m, a bell \x07 and 100% \\ it's\n\n",
  "\u202Eturned round\u2066",
  "~/x",
  "a=b",
  "=a",
  "#comment",
  "-n",
  "größe 猫 🐈",
  "'",
  "{a,b} [ab] *?",
];

for (const shell of ["sh", "bash"]) {
  // A plain sh cannot be recognised by --version.
  const ignore = shell === "sh" ? Deno.build.os === "windows" : !hasCommand(shell);
  Deno.test(`${shell} reads shellLine() correctly`, { ignore }, async () => {
    const line = shellLine(["printf", "%s\\0", ...WORDS], null) ?? "";
    assert((line.match(unsafe()) ?? []).every((one) => one === "\n"), line);
    const { stdout, code } = await new Deno.Command(shell, { args: ["-c", line] }).output();
    assertEquals(code, 0);
    assertEquals(new TextDecoder().decode(stdout).split("\0").slice(0, -1), WORDS);
  });

  Deno.test(`shellLine() gives ${shell} an input of a megabyte`, { ignore }, async () => {
    const input = `${"it's \x1b 🐈 \\ % ".repeat(50_000)}\n`;
    const line = shellLine(["cat"], input) ?? "";
    const script = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(script, line);
      const { stdout } = await new Deno.Command(shell, { args: [script] }).output();
      assertEquals(new TextDecoder().decode(stdout), input);
    } finally {
      await Deno.remove(script);
    }
  });
}

Deno.test("shellLine() writes no NUL", () => {
  assertEquals(shellLine(["a\0b"], null), null);
  assertEquals(shellLine(["a"], "\0"), null);
});
