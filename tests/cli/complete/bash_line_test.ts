import { assertEquals } from "@std/assert";
import { readBashLine } from "../../../src/cli/complete/bash_line.ts";

const BREAKS = ` \t\n"'><=;|&(:`;

/** The part of the word that bash keeps, and what it is given for the rest. */
const ROWS:
  readonly (readonly [line: string, word: string, words: string[], given: string | null])[] = [
    ["x st", "status", ["st"], "status"],
    ["x ", "status", [""], "status"],
    ["A=1 B+=2 x st", "status", ["st"], "status"],
    ["x -f=js", "-f=json", ["-f=js"], "json"],
    ["x --lora a:b", "a:b c", ["--lora", "a:b"], "b\\ c"],
    ["x -m my\\ m", "my model", ["-m", "my m"], "my\\ model"],
    ["x -m 'my m", "my model's", ["-m", "my m"], "my model'\\''s"],
    ['x -m "my ', 'my $m "x"', ["-m", "my "], 'my \\$m \\"x\\"'],
    ['x -m "my ', "my m!", ["-m", "my "], null],
    ["x -m=my\\ m", "-n=my model", ["-m=my m"], null],
    ["x -m --m='my m", "--m=my model", ["-m", "--m=my m"], "my model"],
    ['x "a \\" b" c\\\\', "c\\d", ['a " b', "c\\"], "c\\\\d"],
    ["x '' 🐈", "🐈‍⬛ (1)", ["", "🐈"], "🐈‍⬛\\ \\(1\\)"],
    ["x $(re", "$(reboot)", ["$(re"], "reboot\\)"],
  ];

Deno.test("readBashLine() reads words as bash does, and writes what it replaces", () => {
  for (const [line, word, words, given] of ROWS) {
    const read = readBashLine(line, BREAKS);
    assertEquals({ words: read.words, given: read.write(word) }, { words, given }, line);
  }
});

Deno.test("readBashLine() breaks words only where bash does", () => {
  assertEquals(readBashLine("x --lora a:b", " ").write("a:bc"), "a:bc");
});
