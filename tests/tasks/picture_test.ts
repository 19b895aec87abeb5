import { assertEquals, assertThrows } from "@std/assert";
import { drawTerminal, PICTURE } from "../../tasks/picture.ts";
import { terminalSvg } from "../../tasks/picture/terminal_svg.ts";

Deno.test("the README's picture shows what the tool prints (else: deno task picture)", async () => {
  assertEquals(await drawTerminal(), await Deno.readTextFile(PICTURE));
});

Deno.test("terminalSvg() keeps spaces and colours, and escapes what XML would read", () => {
  const svg = terminalSvg("  \x1b[32m<Idle>\x1b[39m & done\n\n$ ls\n", { title: "A & B" });
  const lines = svg.split("\n").filter((line) => /<(?:text|title)/.test(line));
  assertEquals(lines, [
    "  <title>A &amp; B</title>",
    '    <text x="20" y="48">  <tspan fill="#7ee787">&lt;Idle&gt;</tspan> &amp; done</text>',
    '    <text x="20" y="86">$ ls</text>',
  ]);
  assertThrows(() => terminalSvg("\x1b[2K", { title: "" }), Error, "Cannot draw");
  assertThrows(() => terminalSvg("\x1b[34mx\x1b[39m", { title: "" }), Error, "colour 34");
});
