import { assert, assertEquals } from "@std/assert";
import { runProgram } from "../../src/cli/program.ts";
import { findSecrets } from "../../src/cli/secrets.ts";
import { testContext } from "../support/test_context.ts";

function hidden(text: string, from: {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}): string {
  const hide = findSecrets(from.args ?? [], {
    get: (name) => from.env?.[name],
    mayRead: () => true,
  });
  return hide === null ? text : hide(text);
}

Deno.test("findSecrets() finds none on most command lines", () => {
  assertEquals(
    findSecrets(["status", "--api-url", "http://127.0.0.1:7801", "--model", "a@b?c=defg"], {
      get: () => undefined,
      mayRead: () => true,
    }),
    null,
  );
});

Deno.test.each([
  [["--token", "abcd1234"], "see abcd1234", "see <secret>"],
  [["--token=abcd=1234"], "see abcd=1234", "see <secret>"],
  [["--api-key", "Basic YWRhOmFkYQ"], "sent YWRhOmFkYQ", "sent <secret>"],
  [["--header", "X-Key: lovelace"], "X-Key: lovelace, lovelace", "<secret>, <secret>"],
  [["--token", "--verbose"], "add --verbose", "add --verbose"],
  [["--token", "test"], "the latest test", "the latest <secret>"],
  [["--token", "abc"], "abc", "abc"],
  [["--api-url", "http://ada:lovelace@h"], "for ada lovelace", "for ada <secret>"],
  [["--api-url", "http://a:l%6Fvelace@h"], "l%6Fvelace lovelace", "<secret> <secret>"],
  [["--api-url", "http://h?token=lovelace"], "lovelace", "<secret>"],
])("findSecrets() of %j hides %j as %j", (args: readonly string[], text: string, shown: string) => {
  assertEquals(hidden(text, { args }), shown);
});

Deno.test("findSecrets() finds the password of a proxy, and no name that many have", () => {
  const env = { HTTPS_PROXY: "http://user:lovelace@proxy:3128" };
  assertEquals(hidden("the user's lovelace", { env }), "the user's <secret>");
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
  const error = new TypeError("bad value lovelace-1843\n    at nowhere");
  const adapters = { simulator: () => Promise.reject(error) };
  const env = { ASSET_GENERATOR_TOKEN: "lovelace-1843" };
  const args = ["simulate", "--format", "json"];
  const line = "Internal error: bad value <secret> (add --verbose for the details of a bug report)";

  const plain = testContext({ adapters, env });
  assertEquals(await runProgram(args, plain), 1);
  assertEquals(plain.terminal.errText, `Error: ${line}\n`);
  assertEquals(JSON.parse(plain.terminal.outText), { error: { code: "internal", message: line } });

  const verbose = testContext({ adapters, env });
  await runProgram([...args, "--verbose"], verbose);
  const [first, ...stack] = verbose.terminal.errText.trimEnd().split("\n");
  assertEquals(first, `Error: ${line}`);
  assert(stack.length > 1 && stack[0] === "TypeError: bad value <secret>", stack.join("\n"));
  assert(!verbose.terminal.errText.includes("lovelace"), verbose.terminal.errText);
});
