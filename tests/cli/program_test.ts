import { assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "@std/yaml";
import { VERSION } from "../../src/cli/command.ts";
import type { Adapters } from "../../src/cli/context.ts";
import { runProgram } from "../../src/cli/program.ts";
import { AppError, OutputClosedError, ServerUnreachableError } from "../../src/errors.ts";
import { MemoryTerminal } from "../support/memory_terminal.ts";
import { waitFor } from "../support/wait_for.ts";
import { testContext } from "../support/test_context.ts";
import type { TestContextOptions } from "../support/test_context.ts";

const STOP_HINT = "Press Ctrl-C to stop\n";

/** The result of a command line with adapters made for the test. */
async function outcome(line: string, options: TestContextOptions = {}): Promise<{
  readonly code: number;
  readonly out: string;
  readonly err: string;
}> {
  const context = testContext(options);
  const code = await runProgram(line === "" ? [] : line.split(" "), context);
  return { code, out: context.terminal.outText, err: context.terminal.errText };
}

/** Adapters with which `simulate` fails as a test wants. */
function failing(error: unknown): Partial<Adapters> {
  return { simulator: () => Promise.reject(error) };
}

Deno.test("runProgram() prints the version", async () => {
  assertEquals(await outcome("--version"), {
    code: 0,
    out: `asset-generator ${VERSION} (in a test)\n`,
    err: "",
  });
  assertEquals((await outcome("-q --version")).out, `asset-generator ${VERSION} (in a test)\n`);
  assertEquals((await outcome("status --version")).out, `asset-generator ${VERSION} (in a test)\n`);
  assertEquals(
    (await outcome("generate --version")).out,
    `asset-generator ${VERSION} (in a test)\n`,
  );
  for (const line of ["-V", "-qV", "status -V", "generate -V", "status -f json --bad -V"]) {
    assertEquals((await outcome(line)).out, `asset-generator ${VERSION} (in a test)\n`, line);
  }
});

Deno.test("runProgram() shows the program's help, with all commands and an example", async () => {
  for (
    const line of [
      "",
      "--help",
      "-h",
      "help",
      "-q --help",
      "--api-url http://x -h",
      "-q help",
      "-qh",
    ]
  ) {
    const { code, out, err } = await outcome(line);
    assertEquals([code, err], [0, ""], line);
    assertStringIncludes(out, "USAGE\n  asset-generator COMMAND [options]\n");
    assertStringIncludes(out, "\n  simulate");
    assertStringIncludes(out, "\nEXAMPLES\n");
  }
});

Deno.test("runProgram() shows a command's help wherever --help stands", async () => {
  const { code, out, err } = await outcome("simulate --help");
  assertEquals([code, err], [0, ""]);
  assertStringIncludes(out, "USAGE\n  asset-generator simulate [options]\n");
  assertStringIncludes(out, "\nEXAMPLES\n");
  assertStringIncludes(out, "\n      --port PORT");
  assertStringIncludes(out, "\nGlobal options (before or after the command): ");
  for (
    const line of [
      "simulate -h",
      "help simulate",
      "--help simulate",
      "-q help simulate",
      "-q simulate --port 1 -h",
      "simulate -h -z",
      "simulate -z --port -qh",
    ]
  ) {
    assertEquals(await outcome(line), { code, out, err }, line);
  }
});

for (
  const [line, message] of [
    ["simulat", 'Cannot run "simulat": there is no such command (did you mean simulate?)'],
    ["xyzzy", 'Cannot run "xyzzy": there is no such command (see asset-generator --help)'],
    ["constructor", 'Cannot run "constructor": there is no such command'],
    [
      "--port 1 simulate",
      "Cannot use --port before the command: it is not a global option (options of a command stand after it)",
    ],
    ["simulate --prot 1", "Cannot use --prot: there is no such option (did you mean --port?)"],
    [
      "status --api-ur x",
      "Cannot use --api-ur: there is no such option (did you mean --api-url?)",
    ],
    ["simulate -z", "Cannot use -z: there is no such option (see asset-generator simulate --help)"],
    ["simulate x", 'Cannot use the argument "x": expected no argument (see'],
    ["-q", "No command given (see asset-generator --help)"],
    ["-f", "No command given"],
    // This is what the shell makes of `--api-url $URL simulate` if the variable is empty.
    ["--api-url simulate", "No command given"],
    ["generate --no-color", "No command given (see asset-generator generate --help)"],
    ["simulate -- --port", 'Cannot use the argument "--port": expected no argument'],
    ["simulate --port", "Cannot use --port without a value (see asset-generator simulate --help)"],
    ["simulate --port --role", "Cannot use --port without a value: --role follows it"],
    ["simulate --port 65536", 'Cannot use --port "65536": expected a whole number from 0 to 65535'],
    ["simulate --port= --role", "Cannot use --port"],
    [
      "simulate --role king",
      'Cannot use --role "king": expected owner, admin, poweruser, user or guest',
    ],
    ["simulate -f xml", 'Cannot use --format "xml": expected table, json or yaml'],
    ["-f table simulate -f xml", 'Cannot use --format "xml": expected table, json or yaml'],
    ["-fxml simulate", 'Cannot use --format "xml": expected table, json or yaml'],
    [
      "--api-ur x status",
      "Cannot use --api-ur before the command: it is not a global option (did you mean --api-url?)",
    ],
    ["--api-kei=hunter2 status", "Cannot use --api-kei before the command: "],
    ["-qx status", "Cannot use -x before the command: "],
    [
      "generate imag",
      'Cannot run "generate imag": there is no such command (did you mean generate image?)',
    ],
    ["help generate imag", 'Cannot run "generate imag": there is no such command'],
    ["image", 'Cannot run "image": there is no such command (did you mean generate image?)'],
    ["images -p x", 'Cannot run "images": there is no such command (did you mean generate image?)'],
    [
      "image generate",
      'Cannot run "image": there is no such command (did you mean generate image?)',
    ],
    ["version", 'Cannot run "version": there is no such command (did you mean --version?)'],
    [
      "generate image cat",
      'Cannot use the argument "cat": expected no argument (did you mean --prompt "cat"?)',
    ],
    [
      "login --user alice hunter2",
      "Cannot use an argument: expected no argument (give the account with --user; the password is " +
      "asked for, or read from standard input)",
    ],
    ["stop", 'Cannot run "stop": there is no such command (did you mean cancel?)'],
    ["watch", 'Cannot run "watch": there is no such command (did you mean status or events?)'],
    ["hlep", 'Cannot run "hlep": there is no such command (did you mean help?)'],
    ["help optoins", 'Cannot run "optoins": there is no such command (did you mean help options?)'],
    [
      "--hlep",
      "Cannot use --hlep before the command: it is not a global option (did you mean --help?)",
    ],
    ["-help", "Cannot use -help: there is no such option (did you mean --help?)"],
    ["status --hlep", "Cannot use --hlep: there is no such option (did you mean --help?)"],
    ["status --color", "Cannot use --color without a value: expected auto, always or never"],
    ["status --color always --no-color", "Cannot use --no-color and --color always together"],
    [
      "status --token-file - --header-file X-A:-",
      "Cannot use standard input for --token-file and --header-file: it can be read only once",
    ],
    ["status --watch -q", "Cannot use --watch with --quiet: nothing would be shown"],
    ["simulate --quiet=maybe", 'Cannot use --quiet "maybe": expected true or false'],
    ["simulate -q -v", "Cannot use --quiet and --verbose together"],
    ["-v simulate -q", "Cannot use --quiet and --verbose together"],
    [
      "status --request-timeout 0",
      'Cannot use --request-timeout "0": expected a duration from 10ms',
    ],
    ["status --api-url host", 'Cannot use --api-url "host": expected an http:// or https://'],
    ["status --api-key=", "Cannot use --api-key: it is empty"],
    ["simulate -o=", "Cannot use --output"],
  ] as const
) {
  Deno.test(`runProgram() refuses "${line}" in one line, with exit code 2`, async () => {
    const { code, out, err } = await outcome(line);
    assertEquals([code, out], [2, ""]);
    assertStringIncludes(err, `Error: ${message}`);
    assertEquals(err.indexOf("\n"), err.length - 1);
  });
}

Deno.test("runProgram() never shows the value of a secret", async () => {
  for (
    const line of [
      "simulate --api-key hunter2",
      "simulate --api-key hunter2 --api-key hunter2",
      "--token hunter2 simulate --token=hunter2",
      "status --token hunter2\x7f",
      "status --api-key hunter2\n",
    ]
  ) {
    const { code, out, err } = await outcome(line);
    assertEquals(code, 2, line);
    assertEquals((out + err).includes("hunter2"), false, line);
  }
});

Deno.test("runProgram() prints usage errors as a document on request", async () => {
  const error = {
    code: "usage",
    message: 'Cannot use --port "x": expected a whole number from 0 to 65535',
  };
  for (const line of ["simulate -f json --port x", "--format=json simulate --port x"]) {
    const { code, out, err } = await outcome(line);
    assertEquals([code, err], [2, `Error: ${error.message}\n`]);
    assertEquals(JSON.parse(out), { error }, line);
  }
  for (const line of ["-qfjson simulate --port x", "simulate -f yaml --port x -f=json"]) {
    assertEquals(JSON.parse((await outcome(line)).out), { error }, line);
  }
  const byVariable = await outcome("simulate --port x", {
    env: { ASSET_GENERATOR_FORMAT: "yaml" },
  });
  assertEquals(parse(byVariable.out), { error });
  const unknown = await outcome("nonsense -f json");
  assertEquals([unknown.code, JSON.parse(unknown.out).error.code], [2, "usage"]);
});

Deno.test("runProgram() reports a wrong variable before anything is done", async () => {
  const { code, err } = await outcome("simulate", {
    env: { ASSET_GENERATOR_REQUEST_TIMEOUT: "soon" },
    adapters: failing(new Error("must not be reached")),
  });
  assertEquals(code, 2);
  assertStringIncludes(
    err,
    'Cannot use ASSET_GENERATOR_REQUEST_TIMEOUT "soon": expected a duration',
  );
});

Deno.test("runProgram() gives each failure its exit code and escapes the foreign text in it", async () => {
  const error = new ServerUnreachableError("Cannot reach it: \x1b[31mno\nway");
  const { code, out, err } = await outcome("simulate -f json", { adapters: failing(error) });
  assertEquals(code, 5);
  assertEquals(err, "Error: Cannot reach it: \\u{1B}[31mno\\u{A}way\n");
  assertEquals(JSON.parse(out), { error: { code: "unreachable", message: error.message } });
});

Deno.test("runProgram() reports a bug in one line, and its stack only with --verbose", async () => {
  const adapters = failing(new TypeError("x is not a function"));
  const plain = await outcome("simulate -f json", { adapters });
  assertEquals(plain.code, 1);
  assertStringIncludes(plain.err, "Error: Internal error: x is not a function (add --verbose");
  assertEquals(plain.err.split("\n").length, 2);
  assertEquals(JSON.parse(plain.out).error.code, "internal");
  const verbose = await outcome("simulate -v", { adapters });
  assertStringIncludes(verbose.err, "program_test.ts");
});

Deno.test("runProgram() ends quietly when the reader of its output has gone", async () => {
  const terminal = new MemoryTerminal();
  terminal.closeOut();
  assertEquals(await outcome("--help", { terminal }), { code: 0, out: "", err: "" });
  const adapters = failing(new OutputClosedError("gone"));
  assertEquals(await outcome("simulate", { adapters }), { code: 0, out: "", err: "" });
});

Deno.test("runProgram() keeps a failure's exit code when nobody reads its document", async () => {
  const terminal = new MemoryTerminal();
  terminal.closeOut();
  const adapters = failing(new AppError("timed_out", "Cannot go on: no time"));
  assertEquals((await outcome("simulate -f json", { terminal, adapters })).code, 3);
});

Deno.test("runProgram() colours errors on a terminal only, and not with --no-color", async () => {
  const on = await outcome("nonsense", { terminal: new MemoryTerminal({ isTerminal: true }) });
  assertEquals(on.err.startsWith("\x1b[31mError:\x1b[39m Cannot run"), true);
  const terminals = [
    ["nonsense --no-color", new MemoryTerminal({ isTerminal: true })],
    ["nonsense --color never", new MemoryTerminal({ isTerminal: true })],
    ["nonsense --color=never", new MemoryTerminal({ colorChoice: "always" })],
    ["nonsense --color auto", new MemoryTerminal()],
    ["nonsense --color sometimes", new MemoryTerminal()],
    ["nonsense", new MemoryTerminal({ isTerminal: true, colorChoice: "never" })],
    ["nonsense", new MemoryTerminal()],
  ] as const;
  for (const [line, terminal] of terminals) {
    assertEquals(
      (await outcome(line, { terminal })).err.startsWith("Error: Cannot run"),
      true,
      line,
    );
  }
  const always = await outcome("--color always nonsense", { terminal: new MemoryTerminal() });
  assertEquals(always.err.startsWith("\x1b[31mError:\x1b[39m Cannot run"), true);
});

Deno.test("runProgram() does nothing for a file that cannot be written", async () => {
  const context = testContext({ adapters: failing(new Error("was started")) });
  const refusal = new AppError("failed", 'Cannot write "no/x": no such file or directory');
  const checked = { ...context, checkFile: () => Promise.reject(refusal) };
  assertEquals(await runProgram(["simulate", "--output", "no/x"], checked), 1);
  assertEquals(context.terminal.errText, `Error: ${refusal.message}\n`);
});

Deno.test("runProgram() exits with 1 where --get finds nothing, unless a failure has its own code", async () => {
  const started = {
    simulator: () =>
      Promise.resolve({
        permissions: [],
        backendTypes: [],
        models: [],
        start: () =>
          Promise.resolve({
            url: "http://127.0.0.1:1",
            [Symbol.asyncDispose]: () => Promise.resolve(),
          }),
      }),
  };
  async function got(path: string, adapters: Partial<Adapters> = started): Promise<{
    readonly code: number;
    readonly out: string;
    readonly err: string;
  }> {
    const context = testContext({ adapters });
    const args = ["simulate", "--get", path];
    const ended = runProgram(args, context);
    await waitFor(() => context.terminal.outText !== "", { what: "a value", intervalMs: 1 });
    context.interrupt();
    return { code: await ended, out: context.terminal.outText, err: context.terminal.errText };
  }
  assertEquals(await got("url"), { code: 0, out: "http://127.0.0.1:1\n", err: STOP_HINT });
  assertEquals(await got("ulr"), {
    code: 1,
    out: "\n",
    err: `${STOP_HINT}Error: Nothing found for --get: there is no "ulr" (closest: url)\n`,
  });
  const error = new ServerUnreachableError("Cannot reach it");
  const failed = await got("error.code", failing(error));
  assertEquals([failed.code, failed.out], [5, "unreachable\n"]);
  // An empty line would look like an answer.
  const { terminal, ...absent } = testContext({ adapters: failing(error) });
  assertEquals(await runProgram(["simulate", "--get", "url"], { ...absent, terminal }), 5);
  assertEquals([terminal.outText, terminal.errText], ["", "Error: Cannot reach it\n"]);
});
