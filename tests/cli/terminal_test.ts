import { assertEquals } from "@std/assert";
import { colorWanted } from "../../src/cli/output.ts";
import type { ColorChoice } from "../../src/cli/terminal.ts";
import { MemoryTerminal } from "../support/memory_terminal.ts";

Deno.test("colorWanted() asks the option, then the variables, then the terminal", () => {
  const rows: [ColorChoice, ColorChoice, { isTerminal: boolean; isDumb: boolean }, boolean][] = [
    ["auto", "auto", { isTerminal: true, isDumb: false }, true],
    ["auto", "auto", { isTerminal: true, isDumb: true }, false],
    ["auto", "auto", { isTerminal: false, isDumb: false }, false],
    ["auto", "never", { isTerminal: true, isDumb: false }, false],
    ["auto", "always", { isTerminal: false, isDumb: false }, true],
    ["auto", "always", { isTerminal: true, isDumb: true }, true],
    ["always", "never", { isTerminal: false, isDumb: true }, true],
    ["never", "always", { isTerminal: true, isDumb: false }, false],
  ];
  for (const [option, variables, { isTerminal, isDumb }, wanted] of rows) {
    const terminal = new MemoryTerminal({ isTerminal, isDumb, colorChoice: variables });
    assertEquals(colorWanted(option, { terminal, isTerminal }), wanted, `${option} ${variables}`);
  }
});
