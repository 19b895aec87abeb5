import { assertEquals } from "@std/assert";
import { Messages } from "../../src/cli/messages.ts";
import type { Verbosity } from "../../src/cli/messages.ts";
import { MemoryTerminal } from "../support/memory_terminal.ts";

async function said(verbosity: Verbosity): Promise<string> {
  const terminal = new MemoryTerminal();
  const messages = new Messages(terminal, { verbosity, color: "auto" });
  await messages.error("e");
  await messages.warning("w");
  await messages.note("n");
  await messages.detail("d");
  assertEquals(terminal.outText, "");
  return terminal.errText;
}

Deno.test("Messages says as much as is wanted, on standard error", async () => {
  assertEquals(await said("quiet"), "Error: e\n");
  assertEquals(await said("normal"), "Error: e\nWarning: w\nn\n");
  assertEquals(await said("verbose"), "Error: e\nWarning: w\nn\nd\n");
});

Deno.test("Messages keeps foreign text on one line and harmless", async () => {
  const terminal = new MemoryTerminal({ isTerminal: true });
  await new Messages(terminal, { verbosity: "normal", color: "never" }).warning("a\nb\x1b[2J");
  assertEquals(terminal.errText, "Warning: a\\u{A}b\\u{1B}[2J\n");
});
