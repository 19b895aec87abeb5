import { assertEquals, assertRejects } from "@std/assert";
import { parse } from "@std/yaml";
import { Output } from "../../src/cli/output.ts";
import type { ColorChoice } from "../../src/cli/terminal.ts";
import type { OutputFormat } from "../../src/cli/setting_layers.ts";
import { AppError, OutputClosedError } from "../../src/errors.ts";
import { MemoryTerminal } from "../support/memory_terminal.ts";

const DOCUMENT = { verdict: "idle", likely: null, "odd: key": "yes", list: [1, "two\n"] };

function outputTo(terminal: MemoryTerminal, options: {
  readonly format?: OutputFormat;
  readonly isQuiet?: boolean;
  readonly get?: string;
  readonly file?: string;
  readonly color?: ColorChoice;
  readonly writeFile?: (path: string, text: string) => Promise<void>;
} = {}): Output {
  return new Output({
    terminal,
    format: options.format ?? "table",
    isQuiet: options.isQuiet ?? false,
    get: options.get,
    file: options.file,
    color: options.color ?? "auto",
    writeFile: options.writeFile ?? (() => Promise.reject(new Error("no file is expected"))),
  });
}

Deno.test("Output writes a document in the format that is wanted", async () => {
  const written: Record<string, string> = {};
  for (const format of ["table", "json", "yaml"] as const) {
    const terminal = new MemoryTerminal();
    await outputTo(terminal, { format }).writeDocument(DOCUMENT, () => "a table\n");
    written[format] = terminal.outText;
  }
  assertEquals(written["table"], "a table\n");
  assertEquals(JSON.parse(written["json"] ?? ""), DOCUMENT);
  assertEquals(written["json"]?.at(-1), "\n");
  assertEquals(parse(written["yaml"] ?? ""), DOCUMENT);
});

Deno.test("Output writes to the file instead of standard output", async () => {
  const terminal = new MemoryTerminal();
  const files: string[][] = [];
  const output = outputTo(terminal, {
    file: "out.json",
    writeFile: (path, text) => Promise.resolve(void files.push([path, text])),
  });
  await output.write("result\n");
  assertEquals([files, terminal.outText], [[["out.json", "result\n"]], ""]);
  assertEquals(output.wasWritten, true);
});

Deno.test("Output.write() gives the result to standard output if the file could not be written", async () => {
  for (const [code, told] of [["not_permitted", "failed"], ["timed_out", "timed_out"]] as const) {
    const terminal = new MemoryTerminal();
    const output = outputTo(terminal, {
      file: "x",
      writeFile: () => Promise.reject(new AppError(code, "Cannot write")),
    });
    const error = await assertRejects(() => output.write("result\n"), AppError);
    assertEquals(error.message, "Cannot write; the result went to standard output");
    assertEquals([error.code, terminal.outText, output.wasWritten], [told, "result\n", true]);
  }
});

Deno.test("Output.write() ends quietly if the reader of the pipe that the file is has gone", async () => {
  const terminal = new MemoryTerminal();
  const writeFile = (): Promise<never> => Promise.reject(new OutputClosedError("gone"));
  const output = outputTo(terminal, { file: "pipe", writeFile });
  await assertRejects(() => output.write("result\n"), OutputClosedError);
  assertEquals(terminal.outText, "");
});

Deno.test("Output.write() says that the reader has gone", async () => {
  const terminal = new MemoryTerminal();
  terminal.closeOut();
  await assertRejects(() => outputTo(terminal).write("x"), OutputClosedError);
});

Deno.test("Output.isColored only for text on standard output", () => {
  const screen = new MemoryTerminal({ isTerminal: true });
  assertEquals(outputTo(screen).isColored, true);
  assertEquals(outputTo(screen, { color: "never" }).isColored, false);
  assertEquals(outputTo(screen, { file: "x" }).isColored, false);
  assertEquals(outputTo(screen, { format: "json" }).isColored, false);
  assertEquals(outputTo(new MemoryTerminal()).isColored, false);
});

Deno.test("Output with --quiet prints names or nothing, in files too, but documents as without it", async () => {
  const text = { isQuiet: true };
  async function printed(
    options: Parameters<typeof outputTo>[1],
    names?: string[],
  ): Promise<string> {
    const terminal = new MemoryTerminal();
    const output = outputTo(terminal, options);
    await output.writeDocument(DOCUMENT, () => "a table\n", names && { names: () => names });
    return terminal.outText;
  }
  assertEquals(await printed(text), "");
  assertEquals(await printed(text, ["a", "b"]), "a\nb\n");
  assertEquals(await printed(text, []), "");
  assertEquals(JSON.parse(await printed({ ...text, format: "json" }, ["a"])), DOCUMENT);
  assertEquals(parse(await printed({ ...text, format: "yaml" }, ["a"])), DOCUMENT);
  assertEquals(await printed({ ...text, get: "verdict" }, ["a"]), "idle\n");
  const files: string[] = [];
  const file = {
    ...text,
    file: "x",
    writeFile: (_path: string, written: string) => Promise.resolve(void files.push(written)),
  };
  assertEquals([await printed(file), await printed(file, ["a"]), ...files], [
    "",
    "",
    "",
    "a\n",
  ]);
});

Deno.test("Output with --get prints the value alone, whatever the format", async () => {
  for (const format of ["table", "json", "yaml"] as const) {
    const terminal = new MemoryTerminal();
    const output = outputTo(terminal, { format, get: "list[]" });
    await output.writeLine({ verdict: "busy" });
    await output.writeDocument(DOCUMENT, () => "a table\n");
    assertEquals([terminal.outText, output.lacksValue, output.valueProblem], [
      "1\ntwo\n\n",
      false,
      null,
    ]);
  }
  const terminal = new MemoryTerminal({ isTerminal: true });
  const screen = outputTo(terminal, { get: "list.1" });
  await screen.writeDocument(DOCUMENT, () => "a table\n");
  assertEquals(terminal.outText, "two\\u{A}\n");
  const absent = outputTo(terminal, { get: "likely" });
  await absent.writeDocument(DOCUMENT, () => "a table\n");
  assertEquals(absent.lacksValue, true);
});
