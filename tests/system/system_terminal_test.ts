import { assertEquals, assertRejects } from "@std/assert";
import { AppError, OutputClosedError, UsageError } from "../../src/errors.ts";
import type { ByteSink } from "../../src/system/line_of_writes.ts";
import { SystemTerminal } from "../../src/system/system_terminal.ts";

/** A stream that takes `takes` bytes at a time and does first what `troubles` throw. */
function sink(takes: number, troubles: readonly Error[] = []): ByteSink & { text(): string } {
  const taken: number[] = [];
  const left = [...troubles];
  return {
    isTerminal: () => false,
    write: (bytes) => {
      const trouble = left.shift();
      if (trouble !== undefined) return Promise.reject(trouble);
      const part = bytes.subarray(0, takes);
      taken.push(...part);
      return Promise.resolve(part.length);
    },
    text: () => new TextDecoder().decode(new Uint8Array(taken)),
  };
}

Deno.test("SystemTerminal.out() writes everything to a stream that takes a little at a time", async () => {
  const out = sink(3);
  const terminal = new SystemTerminal({ out });
  const first = terminal.out("häppchenweise ");
  await Promise.all([first, terminal.out("und der Reihe nach\n")]);
  assertEquals(out.text(), "häppchenweise und der Reihe nach\n");
});

Deno.test("SystemTerminal.out() tries a full stream again", async () => {
  const out = sink(100, [new Deno.errors.WouldBlock("full"), new Deno.errors.WouldBlock("full")]);
  await new SystemTerminal({ out }).out("at last");
  assertEquals(out.text(), "at last");
});

Deno.test("SystemTerminal.out() says that the reader has gone, each time", async () => {
  const out = sink(100, [new Deno.errors.BrokenPipe(), new Deno.errors.BrokenPipe()]);
  const terminal = new SystemTerminal({ out });
  await assertRejects(() => terminal.out("a"), OutputClosedError);
  await assertRejects(() => terminal.out("b"), OutputClosedError);
  await terminal.flush();
});

Deno.test("SystemTerminal.out() says what else goes wrong", async () => {
  const out = sink(100, [new Error("No space left on device (os error 28)")]);
  const error = await assertRejects(() => new SystemTerminal({ out }).out("a"), AppError);
  assertEquals(error.message, "Cannot write the output: no space left on device");
});

Deno.test("SystemTerminal.err() never throws, and flush() waits for what nobody awaited", async () => {
  const err = sink(1, [new Deno.errors.BrokenPipe()]);
  const terminal = new SystemTerminal({ err });
  await terminal.err("lost");
  void terminal.err("a");
  void terminal.err("b\n");
  await terminal.flush();
  assertEquals(err.text(), "ab\n");
});

Deno.test("SystemTerminal reads from the environment what colour and movement a terminal may get", () => {
  const rows: [Record<string, string>, string, boolean][] = [
    [{}, "auto", false],
    [{ TERM: "dumb" }, "auto", true],
    [{ TERM: "xterm-256color", CLICOLOR_FORCE: "1" }, "always", false],
    [{ CLICOLOR_FORCE: "0" }, "auto", false],
    [{ CLICOLOR_FORCE: "" }, "auto", false],
  ];
  for (const [variables, colorChoice, isDumb] of rows) {
    const terminal = new SystemTerminal({ env: (name) => variables[name], noColor: false });
    assertEquals([terminal.colorChoice, terminal.isDumb], [colorChoice, isDumb]);
  }
  const env = (): never => {
    throw new UsageError("its value is not UTF-8 text");
  };
  const terminal = new SystemTerminal({ env, noColor: true });
  assertEquals([terminal.colorChoice, terminal.isDumb], ["never", false]);
});
