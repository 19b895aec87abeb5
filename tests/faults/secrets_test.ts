/** Secrets are never shown: in errors, documents, details and files, whatever contains them. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runHere } from "../support/program_here.ts";
import { installCommands, runBash } from "../support/shell.ts";
import { openStage } from "../support/stage.ts";
import { readFailure } from "../support/status_json.ts";
import { withTempDir } from "../support/temp_dir.ts";

/** No shell passes on such bytes, and no program has such devices. */
const ignore = Deno.build.os === "windows";

/** A port that nobody listens on: these command lines must end before anything is asked. */
const NOWHERE = "http://127.0.0.1:9";

for (
  const variable of [
    "ASSET_GENERATOR_TOKEN",
    "ASSET_GENERATOR_API_KEY",
    "ASSET_GENERATOR_API_URL",
    "ASSET_GENERATOR_FORMAT",
    "ASSET_GENERATOR_MODEL",
    "ASSET_GENERATOR_STATE_DIR",
    "XDG_STATE_HOME",
    "HOME",
  ]
) {
  Deno.test(`${variable} with a byte that is not UTF-8 is one clear line`, { ignore }, async () => {
    await withTempDir(async (dir) => {
      const commands = await installCommands(dir.path);
      const set = `${variable}=$(printf 'hun\\377ter2')`;
      const text = `${set} asset-generator status --verbose`;
      const line =
        `Cannot use ${variable}: its value is not UTF-8 text (set it again, or unset it)`;
      assertEquals(await runBash(text, { commands, apiUrl: NOWHERE }), {
        code: 2,
        out: "",
        err: `Error: ${line}\n`,
      });
      // An option hides its variable, which is not read then.
      if (variable.endsWith("_FORMAT")) return;
      const json = await runBash(`${text} --format json`, { commands, apiUrl: NOWHERE });
      assertEquals([json.code, json.err], [2, `Error: ${line}\n`]);
      assertEquals(readFailure(json.out), { code: "usage", message: line });
    });
  });
}

/** What is given as the server's address, and what must not be shown. */
const ADDRESSES: readonly (readonly [string, string])[] = [
  ["ada:lovelace@host", "lovelace"],
  ["lovelace@host", "lovelace"],
  ["http://ada:lovelace@host", "lovelace"],
  [" http://ada:lovelace@host", "lovelace"],
  ["http:ada:lovelace@host", "lovelace"],
  ["https://ada:love?lace@host/", "lace"],
  ["http://host/?token=lovelace", "lovelace"],
  ["http://host?lovelace", "lovelace"],
  ["host?token=lovelace", "lovelace"],
  ["http://host/#lovelace", "lovelace"],
];

Deno.test("an address is never shown with its user info or query", async () => {
  await using stage = await openStage();
  for (const [address, secret] of ADDRESSES) {
    for (
      const args of [
        ["status", "--api-url", address, "--format", "json", "--verbose"],
        [`--api-url=${address}`, "doctor"],
        ["generate", "image", "--prompt", "x", "--api-url", address],
        ["status", "--api-ulr", address],
      ]
    ) {
      const { code, out, err } = await runHere(args, { stage });
      assertEquals(code, 2, err);
      assertMatch(err, /^Error: Cannot use --api-u[^\n]+\n$/);
      assert(!`${out}${err}`.includes(secret), `${out}${err}`);
    }
    const env = { ASSET_GENERATOR_API_URL: address };
    const { code, err } = await runHere(["status"], { stage, env });
    assertEquals(code, 2);
    assertMatch(err, /^Error: Cannot use ASSET_GENERATOR_API_URL [^\n]+\n$/);
    assert(!err.includes(secret), err);
  }
});

Deno.test("an address in an unexpected place is not shown completely either", async () => {
  await using stage = await openStage();
  for (const address of ["ada:lovelace@host", "http://host/?token=lovelace"]) {
    for (const args of [[address], ["status", address], ["generate", address]]) {
      const { code, err } = await runHere(args, { stage });
      assertEquals(code, 2);
      assert(!err.includes("lovelace"), err);
    }
  }
});

Deno.test("a secret given to a misspelt option is not shown", async () => {
  await using stage = await openStage();
  for (
    const args of [
      ["status", "--apikey=lovelace"],
      ["--tok=lovelace", "status"],
      ["status", "-token=lovelace"],
      ["status", "--token", "a", "--api_key", "lovelace"],
    ]
  ) {
    const { code, out, err } = await runHere([...args, "--verbose", "--format", "json"], { stage });
    assertEquals(code, 2);
    assert(!`${out}${err}`.includes("lovelace"), `${out}${err}`);
  }
});

Deno.test("a secret with control characters is refused without being shown", async () => {
  await using stage = await openStage();
  for (const name of ["TOKEN", "API_KEY"]) {
    for (const secret of ["love\nlace", "love\rlace", "love\x1b[31mlace", "love\x7flace"]) {
      const { code, err } = await runHere(["status"], {
        stage,
        env: { [`ASSET_GENERATOR_${name}`]: secret },
      });
      const wanted = "expected printable ASCII characters only";
      assertEquals([code, err], [2, `Error: Cannot use ASSET_GENERATOR_${name}: ${wanted}\n`]);
    }
  }
});

/** A secret with characters that JSON, YAML and addresses write in other ways. */
const AWKWARD = `love"la\\c'e/1843`;

Deno.test("a secret that a server repeats is hidden in every format and file", async () => {
  for (const secret of ["lovelace-1843", AWKWARD]) {
    await using stage = await openStage();
    const body = { error: `no such token: ${secret} or ${encodeURIComponent(secret)}` };
    stage.server.fault({ route: "*", kind: "json", body, times: Infinity });
    const env = { ASSET_GENERATOR_API_KEY: `Bearer ${secret}` };
    for (
      const args of [
        ["status", "--verbose"],
        ["status", "--format", "json"],
        ["status", "--format", "yaml"],
        ["doctor", "--format", "json"],
        ["doctor"],
        ["wait", "--format", "json", "--once"],
        ["generate", "image", "--prompt", "x", "--format", "json"],
        ["cancel", "--everyone", "--yes", "--verbose"],
        ["status", "--format", "json", "--output", "result.json"],
      ]
    ) {
      const { out, err } = await stage.run(args, { env });
      const file = await Deno.readTextFile(`${stage.here}/result.json`).catch(() => "");
      if (args.includes("json") && args[0] !== "wait") JSON.parse(out || file);
      const all = `${out}${err}${file}`;
      for (const spelt of [secret, JSON.stringify(secret).slice(1, -1), "lace"]) {
        assert(!all.includes(spelt), `${args.join(" ")}: ${all}`);
      }
      assertStringIncludes(all, "no such token: <secret>", args.join(" "));
    }
  }
});

/** A secret that is also a word of the output, or that occurs in every second line. */
const WORDS = ["a", "1", "id", "sta", "status", "idle", "models_count", "Error", "server", "token"];

Deno.test("a secret that is also a word of the output does not change the output", async () => {
  await using stage = await openStage();
  const lines = [
    ["status", "--format", "json"],
    ["status", "--format", "yaml"],
    ["status"],
    ["doctor"],
    ["wait", "--once"],
    ["wait", "--once", "--format", "json"],
    ["stauts"],
    ["status", "--timeout", "--format", "json"],
    ["help", "status"],
  ];
  const run = async (args: readonly string[], token?: string) => {
    const env: Record<string, string> = token === undefined ? {} : { ASSET_GENERATOR_TOKEN: token };
    const { code, out, err } = await runHere(args, { stage, env });
    // Times differ, and doctor says whether there is a token.
    const steady = out.replaceAll(/[\d.]+ ?m?s\b|_ms"?: [\d.]+|\d+:\d+:\d+\S*/g, "-");
    return {
      code,
      out: steady.split("\n").filter((one) => !/ogin|token|as its user/.test(one)),
      err,
    };
  };
  for (const args of lines) {
    const plain = await run(args);
    for (const word of WORDS) {
      assertEquals(await run(args, word), plain, `${args.join(" ")}: ${word}`);
    }
  }
});

Deno.test("a secret that a server repeats is hidden even if it is a plain word", async () => {
  for (const secret of ["status", "server", "swordfish"]) {
    await using stage = await openStage();
    const body = { error: `no such token: ${secret}` };
    stage.server.fault({ route: "*", kind: "json", body, times: Infinity });
    const env = { ASSET_GENERATOR_TOKEN: secret };
    for (
      const args of [
        ["status", "--verbose"],
        ["status", "--format", "json"],
        ["status", "--format", "yaml"],
        ["doctor"],
        ["wait", "--once"],
        ["generate", "image", "--prompt", "x", "--format", "json"],
        ["cancel", "--everyone", "--yes", "--verbose"],
      ]
    ) {
      const { out, err } = await runHere(args, { stage, env });
      assertStringIncludes(`${out}${err}`, "no such token: <secret>", args.join(" "));
      assert(!`${out}${err}`.includes(`token: ${secret}`), `${out}${err}`);
    }
  }
});

Deno.test("a failure that cannot be written prints no stack", { ignore }, async () => {
  await withTempDir(async (dir) => {
    const commands = await installCommands(dir.path);
    const text = "asset-generator stauts --format json > /dev/full";
    const { code, err } = await runBash(text, { commands, apiUrl: NOWHERE });
    assertEquals(code, 2);
    assertEquals(
      err,
      'Error: Cannot run "stauts": there is no such command (did you mean status?)\n',
    );
  });
});
