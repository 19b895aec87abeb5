import { assert, assertEquals } from "@std/assert";
import { UsageError } from "../../src/errors.ts";
import { runProgram } from "../../src/cli/program.ts";
import { findSecrets, hideInError } from "../../src/cli/secrets.ts";
import { testContext } from "../support/test_context.ts";

function secretsOf(from: {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}): ReturnType<typeof findSecrets> {
  return findSecrets(from.args ?? [], { get: (name) => from.env?.[name], mayRead: () => true });
}

function hidden(text: string, from: {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}): string {
  const { inOutput } = secretsOf(from);
  return inOutput === null ? text : inOutput(text);
}

Deno.test("findSecrets() finds none on most command lines", () => {
  const args = ["status", "--api-url", "http://127.0.0.1:7801", "--model", "a@b?c=defg"];
  assertEquals(secretsOf({ args }), { inOutput: null, inQuotes: null });
});

Deno.test.each([
  [["--token", "abcd1234"], "see abcd1234", "see <secret>"],
  [["--token=abcd=1234"], "see abcd=1234", "see <secret>"],
  [["--api-key", "Basic YWRhOmFkYQ"], "sent YWRhOmFkYQ", "sent <secret>"],
  [["--header", "X-Key: l0velace"], "X-Key: l0velace, l0velace", "<secret>, <secret>"],
  [["--token", "--verbose"], "add --verbose", "add --verbose"],
  [["--token", "te5t"], "the late5t te5t", "the late5t <secret>"],
  [["--token", "status"], "Status: online", "Status: online"],
  [["--token", "models_count"], "models_count: 1", "models_count: 1"],
  [["--token", "abc"], "abc", "abc"],
  [["--api-url", "http://ada:l0velace@h"], "for ada l0velace", "for ada <secret>"],
  [["--api-url", "http://a:l%30velace@h"], "l%30velace l0velace", "<secret> <secret>"],
  [["--api-url", "http://h?token=l0velace"], "l0velace", "<secret>"],
  [["config", "set", "servers.a.token", "l0velace"], "l0velace", "<secret>"],
  [["config", "unset", "headers.X-A=l0velace"], "no l0velace", "no <secret>"],
  [["config", "set", "redis-url=redis://:l0velace@h"], "l0velace", "<secret>"],
])("findSecrets() of %j hides %j as %j", (args: readonly string[], text: string, shown: string) => {
  assertEquals(hidden(text, { args }), shown);
});

Deno.test("findSecrets() finds the password of a proxy, and no name that many have", () => {
  const env = { HTTPS_PROXY: "http://user:l0velace@proxy:3128" };
  assertEquals(hidden("the user's l0velace", { env }), "the user's <secret>");
});

Deno.test("findSecrets() looks through a text of 20 MB with an escape in every place", () => {
  const from = { args: ["--token", "l0velace"] };
  const [long, hidden] = ["l0velace", "<secret>"].map((end) =>
    `{"a": "${"ab\\n".repeat(5e6)}${end}"}`
  );
  assert(secretsOf(from).inOutput?.(long ?? "") === hidden);
});

Deno.test("findSecrets() changes JSON in its texts alone", () => {
  const args = ["--token", "1843"];
  const document = { 1843: 1843, "a": ["x 1843", '\\"1843"', true], n: null };
  const text = hidden(`${JSON.stringify(document, null, 2)}\n`, { args });
  assertEquals(JSON.parse(text), {
    1843: 1843,
    a: ["x <secret>", '\\"<secret>"', true],
    n: null,
  });
});

Deno.test("an internal error holds no secret, and its stack is shown with --verbose only", async () => {
  const error = new TypeError("bad value l0velace-1843\n    at nowhere");
  const adapters = { simulator: () => Promise.reject(error) };
  const env = { ASSET_GENERATOR_TOKEN: "l0velace-1843" };
  const args = ["simulate", "--format", "json"];
  const line = "Internal error: bad value <secret> (add --verbose for the details of a bug report)";

  const plain = testContext({ adapters, env });
  assertEquals(await runProgram(args, plain), 1);
  assertEquals(plain.terminal.errText, `Error: ${line}\n`);
  assertEquals(JSON.parse(plain.terminal.outText), { error: { code: "internal", message: line } });

  const verbose = testContext({ adapters, env });
  await runProgram([...args, "--verbose"], verbose);
  const [settings, first, ...stack] = verbose.terminal.errText.trimEnd().split("\n");
  assertEquals(settings, "Settings: format by --format");
  assertEquals(first, `Error: ${line}`);
  assert(stack.length > 1 && stack[0] === "TypeError: bad value <secret>", stack.join("\n"));
  assert(!verbose.terminal.errText.includes("l0velace"), verbose.terminal.errText);
});

Deno.test("hideInError() hides a plain word only where others said or typed it", () => {
  const secrets = secretsOf({ args: ["--token", "status"] });
  const told = (error: Error) => (hideInError(error, secrets) as Error).message;
  assertEquals(
    told(new UsageError('Cannot run "status": no such command (did you mean status?)')),
    'Cannot run "<secret>": no such command (did you mean status?)',
  );
  assertEquals(told(new TypeError("no status here")), "no <secret> here");
});
