/** The commands of `config`, each on files of its own. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runProgram } from "../../../src/cli/program.ts";
import { AppError } from "../../../src/errors.ts";
import { runCli } from "../../support/cli_process.ts";
import type { CliResult } from "../../support/cli_process.ts";
import { readDocuments } from "../../support/command_json.ts";
import { runHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";
import { namesIn } from "../../support/temp_dir.ts";
import { testContext } from "../../support/test_context.ts";

/** A home directory, and the commands run in it. */
interface Home {
  readonly stage: Stage;
  readonly path: string;
  readonly file: string;
  run(...args: readonly string[]): Promise<CliResult>;
  /** Runs a command that must succeed, and returns what it printed. */
  ok(...args: readonly string[]): Promise<string>;
  /** Runs a command that must fail, and returns its error. */
  refused(code: number, ...args: readonly string[]): Promise<string>;
}

async function atHome(use: (home: Home) => Promise<void>): Promise<void> {
  await using stage = await openStage();
  const path = `${stage.here}/home`;
  await Deno.mkdir(path);
  const run = (...args: readonly string[]): Promise<CliResult> =>
    runHere(["config", ...args], { stage, env: { HOME: path, ASSET_GENERATOR_API_URL: "" } });
  await use({
    stage,
    path,
    file: `${path}/.config/asset-generator/config.yaml`,
    run,
    ok: async (...args) => {
      const { code, out, err } = await run(...args);
      assertEquals([code, err], [0, ""], args.join(" "));
      return out;
    },
    refused: async (code, ...args) => {
      const result = await run(...args);
      assertEquals([result.code, result.out], [code, ""], result.err);
      assertMatch(result.err, /^Error: [^\n]+\n$/);
      return result.err.slice("Error: ".length).trimEnd();
    },
  });
}

Deno.test("config path says where the file is, or would be", async () => {
  await atHome(async ({ ok, file, stage }) => {
    assertEquals(await ok("path"), `${file}\n`);
    assertEquals(await ok("path", "--get", "exists"), "false\n");
    await ok("init");
    assertEquals(await ok("path", "--get", "exists"), "true\n");
    // A setting that cannot be understood is shown all the same.
    await Deno.writeTextFile(file, "a: [");
    assertEquals(await ok("path", "--quiet"), `${file}\n`);
    assertEquals(await ok("path", "--config", `${stage.here}/x.yaml`), `${stage.here}/x.yaml\n`);
  });
});

Deno.test("config init makes a file that only its owner can read, and never changes one", async () => {
  await atHome(async ({ ok, refused, file }) => {
    assertEquals(await ok("init"), `Made ${file}\n`);
    const { mode } = await Deno.stat(file);
    if (Deno.build.os !== "windows") assertEquals((mode ?? 0) & 0o777, 0o600);
    assertEquals(
      await refused(1, "init"),
      `Cannot make ${file}: it is there already (change it with config set)`,
    );
    // Examples alone are no settings.
    const { settings } = JSON.parse(await ok("view", "--format", "json"));
    const set = settings.filter(({ from }: { from: string | null }) => from !== null);
    assertEquals(set.map(({ key }: { key: string }) => key), ["request-timeout"]);
  });
});

Deno.test("config takes no stream for its file", async () => {
  await atHome(async ({ refused }) => {
    for (const command of ["init", "path", "view"]) {
      assertEquals(
        await refused(2, command, "--config", "-"),
        'Cannot use "-" as configuration file: it stands for a stream (a file of this name is ./-)',
      );
    }
  });
});

Deno.test("config set changes one value and leaves all else as it was written", async () => {
  await atHome(async ({ ok, file, stage }) => {
    await ok("init");
    const before = `# My servers

default-server: one # the fast one
servers:
  # two is being mended
  one: { api-url: "http://127.0.0.1:1" }   # upstairs
generate:
  steps: 025
  lora: [ink:0.8, 'b']
`;
    await Deno.writeTextFile(file, before);
    assertEquals(
      await ok("set", "servers.one.token", "s3cret-token"),
      `Set servers.one.token in ${file}\n`,
    );
    await ok("set", "servers.two.api-url", stage.server.url);
    await ok("set", "default-server", "two");
    await ok("set", "generate.cfg-scale", "7.5");
    assertEquals(
      await Deno.readTextFile(file),
      `# My servers

default-server: two # the fast one
servers:
  # two is being mended
  one: { api-url: "http://127.0.0.1:1", token: s3cret-token }   # upstairs
  two:
    api-url: ${stage.server.url}
generate:
  steps: 025
  lora: [ink:0.8, 'b']
  cfg-scale: 7.5
`,
    );
    assertEquals(await ok("get", "generate.lora"), "ink:0.8\nb\n");
    assertEquals(await ok("get", "default-server"), "two\n");
  });
});

Deno.test("config set makes the file, section by section, and what was empty", async () => {
  await atHome(async ({ ok, file }) => {
    await ok("set", "servers.gpu2.headers.X-Team.a", "art");
    assertEquals(await ok("get", "servers.gpu2.headers.X-Team.a", "--show-secrets"), "art\n");
    await Deno.writeTextFile(file, "servers:\ngenerate: ~\nformat:\n");
    await ok("set", "servers.gpu2.api-url", "http://h");
    await ok("set", "generate.steps", "3");
    await ok("set", "format", "json");
    assertEquals(
      await Deno.readTextFile(file),
      "servers:\n  gpu2:\n    api-url: http://h\ngenerate:\n  steps: 3\nformat: json\n",
    );
  });
});

Deno.test("several config set at once lose nothing, and leave no lock", async () => {
  await atHome(async ({ ok, run, file }) => {
    const numbers = Array.from({ length: 6 }, (_, index) => index);
    const set = (index: number) => run("set", `servers.s${index}.api-url`, "http://127.0.0.1:1");
    const results = await Promise.all(numbers.map(set));
    assertEquals(results.map(({ code, err }) => [code, err]), numbers.map(() => [0, ""]));
    for (const index of numbers) {
      assertEquals(await ok("get", `servers.s${index}.api-url`), "http://127.0.0.1:1\n");
    }
    const names = await namesIn(file.replace(/\/[^/]+$/, ""));
    assertEquals(names, ["config.yaml"]);
  });
});

Deno.test("config set leaves what others have called like its lock", async () => {
  await atHome(async ({ ok, refused, stage }) => {
    const path = `${stage.here}/my.yaml`;
    const lock = `${path}.asset-generator-lock`;
    await Deno.writeTextFile(lock, "somebody else's");
    await ok("set", "format", "json", "--config", path);
    assertEquals(await Deno.readTextFile(lock), "somebody else's");
    if (Deno.build.os === "windows") return;
    await Deno.remove(lock);
    await Deno.symlink(`${stage.here}/elsewhere`, lock);
    assertEquals(
      await refused(1, "set", "format", "yaml", "--config", path),
      `Cannot write the configuration file ${path}: Cannot lock "${lock}": it is a symbolic link ` +
        "(remove it)",
    );
    assertEquals((await Deno.lstat(lock)).isSymlink, true);
  });
});

Deno.test("config set makes no file that is too large to be read", async () => {
  await atHome(async ({ ok, refused, file }) => {
    await ok("set", "generate.negative-prompt", "x".repeat(60_000));
    const before = await Deno.readTextFile(file);
    assertMatch(
      await refused(1, "set", "servers.a.token", "y".repeat(6_000)),
      /: it would have \d+ bytes, and not more than 65536 are read$/,
    );
    assertEquals(await Deno.readTextFile(file), before);
  });
});

/** A file as somebody wrote it: nothing of it is in the form that the library would give it. */
const WRITTEN = `# head

format: json # why json
servers: # all of them
  # the first
  gpu2:   {api-url: "http://127.0.0.1:1", token-file: /run/x} # inline
  studio:
      api-url: 'http://127.0.0.1:2'   # four spaces

      # dangling
# section
generate:
  steps: 25
  lora:
  - a
  - b

# end
`;

/** A change, the text that goes, and the one that comes in its place. */
const IN_PLACE: readonly (readonly [readonly string[], string, string])[] = [
  [["set", "format", "yaml"], "format: json", "format: yaml"],
  [["set", "generate.steps", "30"], "steps: 25", "steps: 30"],
  [
    ["set", "servers.studio.api-url", "http://127.0.0.1:3"],
    "'http://127.0.0.1:2'",
    "http://127.0.0.1:3",
  ],
  [["set", "servers.gpu2.token-file", "/a b,c"], "token-file: /run/x", 'token-file: "/a b,c"'],
  [["set", "servers.gpu2.request-timeout", "3s"], "/run/x}", "/run/x, request-timeout: 3s}"],
  [
    ["set", "servers.studio.request-timeout", "3s"],
    "# four spaces\n",
    "# four spaces\n      request-timeout: 3s\n",
  ],
  [
    ["set", "servers.gpu3.headers.X-Team", "a: b"],
    "# dangling\n",
    '# dangling\n  gpu3:\n    headers:\n      X-Team: "a: b"\n',
  ],
  [["set", "generate.width", "512"], "  - b\n", "  - b\n  width: 512\n"],
  [["set", "color", "never"], "  - b\n", "  - b\ncolor: never\n"],
  [["unset", "format"], "format: json # why json\n", ""],
  [["unset", "generate.lora"], "  lora:\n  - a\n  - b\n", ""],
  [["unset", "servers.gpu2.token-file"], ", token-file: /run/x", ""],
  [["unset", "servers.gpu2.api-url"], 'api-url: "http://127.0.0.1:1", ', ""],
  [
    ["unset", "servers.studio"],
    "  studio:\n      api-url: 'http://127.0.0.1:2'   # four spaces\n\n      # dangling\n",
    "",
  ],
];

Deno.test("config set and unset change one line of a file, and leave the others as they are", async () => {
  await atHome(async ({ ok, file }) => {
    await ok("init");
    for (const [args, gone, come] of IN_PLACE) {
      for (const eol of ["\n", "\r\n"]) {
        await Deno.writeTextFile(file, WRITTEN.replaceAll("\n", eol));
        await ok(...args);
        const expected = WRITTEN.replace(gone, () => come).replaceAll("\n", eol);
        assertEquals(await Deno.readTextFile(file), expected, args.join(" "));
      }
    }
  });
});

Deno.test("config set fills an empty section, and writes below comments alone", async () => {
  await atHome(async ({ ok, file }) => {
    await ok("init");
    await Deno.writeTextFile(file, "servers: # none yet\n# end");
    await ok("set", "servers.a.api-url", "http://h");
    await ok("set", "quiet", "true");
    assertEquals(
      await Deno.readTextFile(file),
      "servers: # none yet\n  a:\n    api-url: http://h\nquiet: true\n# end",
    );
    await Deno.writeTextFile(file, "# nothing yet");
    await ok("set", "quiet", "true");
    assertEquals(await Deno.readTextFile(file), "# nothing yet\n\nquiet: true\n");
  });
});

Deno.test("config set and unset lose nothing of a file with aliases", async () => {
  await atHome(async ({ ok, refused, file }) => {
    await ok("init");
    const text = "servers:\n  a: &x\n    api-url: http://h\n  b: *x\n";
    await Deno.writeTextFile(file, text);
    assertEquals(
      await refused(1, "unset", "servers.a"),
      `Cannot change ${file}: an alias refers to what would be removed (edit the file by hand)`,
    );
    assertEquals(
      await refused(1, "set", "servers.b.token", "t"),
      `Cannot change ${file}: servers.b is an alias, *x (edit the file by hand)`,
    );
    assertEquals(await Deno.readTextFile(file), text);
    await ok("unset", "servers.b");
    assertEquals(await Deno.readTextFile(file), text.replace("  b: *x\n", ""));
  });
});

Deno.test("config set keeps every text as it is given", async () => {
  await atHome(async ({ ok }) => {
    const texts = [
      "yes",
      "null",
      "~",
      "0x1f",
      "1e3",
      "- a",
      "a: b",
      "# no",
      "{x}",
      " a ",
      "ü ✓",
      "a'\"b",
    ];
    for (const text of texts) {
      await ok("set", "--", "generate.negative-prompt", text);
      assertEquals(await ok("get", "generate.negative-prompt", "--quiet"), `${text}\n`);
    }
  });
});

Deno.test("config init and set write no file where none would be read", async () => {
  if (Deno.build.os === "windows") return;
  await atHome(async ({ ok, refused, run, file, path, stage }) => {
    await Deno.mkdir(`${path}/.config`);
    await Deno.chmod(`${path}/.config`, 0o777);
    const message =
      `Cannot use the configuration file ${file}: other users can change it (close it ` +
      `with chmod o-w ${path}/.config, or name it with --config)`;
    assertEquals(await refused(2, "init"), message);
    assertEquals(await refused(2, "set", "format", "json"), message);
    assertEquals(await Array.fromAsync(Deno.readDir(`${path}/.config`)), []);
    // One that is named is made, with a warning.
    const named = await run("init", "--config", `${path}/.config/named.yaml`);
    assertEquals(named.code, 0);
    assertMatch(named.err, /^Warning: Other users can replace [^\n]+\n$/);
    await Deno.chmod(`${path}/.config`, 0o755);
    await ok("set", "format", "json");
    // A file that others could change is closed when it is changed.
    await Deno.chmod(file, 0o666);
    await ok("set", "format", "yaml");
    assertEquals(await ok("get", "format"), "yaml\n");
    // A home that is a file holds none, and nothing is wrong with that.
    await Deno.writeTextFile(`${stage.here}/file`, "");
    const env = { HOME: `${stage.here}/file` };
    assertEquals((await runHere(["status", "--get", "verdict"], { stage, env })).out, "idle\n");
  });
});

Deno.test("config set takes a negative number as a value", async () => {
  await atHome(async ({ ok, refused }) => {
    await ok("set", "generate.seed", "-1");
    assertEquals(await ok("get", "generate.seed"), "-1\n");
    assertStringIncludes(await refused(2, "set", "-1"), "Cannot use -1: there is no such option ");
  });
});

Deno.test("config set asks for a value at a terminal, and does not show a secret", async () => {
  await atHome(async ({ ok, path, stage }) => {
    const env = { HOME: path, ASSET_GENERATOR_API_URL: "" };
    const shown: string[] = [];
    for (const [key, value] of [["token", "s3cret-token"], ["format", "yaml"]] as const) {
      const { code, err } = await runHere(["config", "set", key], { stage, env, typed: [value] });
      assertEquals(code, 0);
      shown.push(err);
    }
    assertEquals(shown, ["Value of token (not shown): \n", "Value of format: "]);
    assertEquals(await ok("get", "token", "--show-secrets"), "s3cret-token\n");
    assertEquals(await ok("get", "format"), "yaml\n");
    // Ctrl-D
    const { code, err } = await runHere(["config", "set", "format"], { stage, env, typed: [] });
    assertEquals(code, 2);
    assertStringIncludes(err, 'Value of format: \nError: Cannot use format "": expected ');
  });
});

/** What cannot be set, the exit code, and the reason. */
const REFUSED: readonly (readonly [readonly string[], string])[] = [
  [["formt", "json"], 'Cannot use "formt": there is no such setting (did you mean format?)'],
  [["zzz", "1"], 'Cannot use "zzz": there is no such setting (see asset-generator config view)'],
  [
    ["__proto__.x", "1"],
    'Cannot use "__proto__.x": there is no such setting (see asset-generator config view)',
  ],
  [
    ["constructor", "1"],
    'Cannot use "constructor": there is no such setting (see asset-generator config view)',
  ],
  [
    ["servers.gpu2.tokne", "1"],
    'Cannot use "servers.gpu2.tokne": there is no such setting (did you mean servers.gpu2.token?)',
  ],
  [
    ["generate.stepz", "1"],
    'Cannot use "generate.stepz": there is no such setting (did you mean generate.steps?)',
  ],
  [
    ["servers.gpu2", "x"],
    'Cannot use "servers.gpu2": it is a section (name a setting in it, such as servers.NAME.api-url)',
  ],
  [
    ["servers.any.token", "x"],
    'Cannot use servers.any.token "any": "any" cannot be the name of a server',
  ],
  [["format", "xml"], 'Cannot use format "xml": expected table, json or yaml'],
  [
    ["generate.steps", "501"],
    'Cannot use generate.steps "501": expected a whole number from 0 to 500',
  ],
  [["token", "l0velacé"], "Cannot use token: expected printable ASCII characters only"],
  [["headers.Host", "l0velace"], "Cannot use headers.Host: the tool itself sets the header host"],
  [
    ["header-files.Host", "f"],
    'Cannot use header-files.Host "f": the tool itself sets the header host',
  ],
  [
    ["default-server", "gpu3"],
    'Cannot use default-server "gpu3": the file names no such server (it has none; add it with ' +
    "config set servers.NAME.api-url)",
  ],
  [["format", "json", "yaml"], 'Cannot set "format": expected one value (put it in quotes)'],
  [
    ["servers.gpu2.token=l0velace"],
    "Cannot use servers.gpu2.token=…: the value is a word of its own (config set " +
    "servers.gpu2.token VALUE)",
  ],
];

for (const [args, message] of REFUSED) {
  Deno.test(`config set refuses ${args.join(" ")}`, async () => {
    await atHome(async ({ refused, file }) => {
      assertEquals(await refused(2, "set", ...args), message);
      // Nothing was changed.
      assertEquals(await Deno.stat(file).catch(() => null), null);
    });
  });
}

/** The file, a change after which commands would refuse it, and why. */
const BREAKING: readonly (readonly [string, readonly string[], string])[] = [
  [
    "token-file: f\n",
    ["set", "token", "x"],
    "Cannot set token: the file would be refused then. Cannot use token in FILE and token-file in " +
    "FILE together: they mean the same",
  ],
  [
    "servers: { a: { api-key: x } }\n",
    ["set", "servers.a.api-key-file", "f"],
    "Cannot set servers.a.api-key-file: the file would be refused then. Cannot use " +
    "servers.a.api-key in FILE and servers.a.api-key-file in FILE together: they mean the same",
  ],
  [
    "quiet: true\n",
    ["set", "verbose", "true"],
    "Cannot set verbose: the file would be refused then. Cannot use quiet and verbose together in " +
    "FILE: they contradict each other",
  ],
  [
    "default-server: a\nservers: { a: {}, b: {} }\n",
    ["unset", "servers.a"],
    'Cannot remove servers.a: the file would be refused then. Cannot use default-server in FILE "a"' +
    ": FILE names no such server (there is b)",
  ],
];

for (const [text, args, message] of BREAKING) {
  Deno.test(`config ${args.join(" ")} is refused in a file that could not be used then`, async () => {
    await atHome(async ({ ok, refused, file }) => {
      await ok("init");
      await Deno.writeTextFile(file, text);
      assertEquals(await refused(2, ...args), message.replaceAll("FILE", file));
      assertEquals(await Deno.readTextFile(file), text);
      // A file with another fault can be changed, to mend one after the other.
      await Deno.writeTextFile(file, `${text}fromat: json\n`);
      await ok(...args);
    });
  });
}

/** What no command would accept, although a command that does not need it ignores it. */
const UNUSED: readonly (readonly [string, string])[] = [
  [
    "generate: { stepz: 1 }",
    'Cannot use "generate.stepz" in FILE: there is no such setting (did you mean generate.steps?)',
  ],
  [
    "generate: { steps: 501 }",
    'Cannot use generate.steps in FILE "501": expected a whole number from 0 to 500',
  ],
  ["quiet: perhaps", 'Cannot use quiet in FILE "perhaps": expected true or false'],
  [
    "servers: { b: { api-url: 'ftp://h' } }",
    'Cannot use servers.b.api-url in FILE "ftp://h": expected an http:// or https:// address, such ' +
    "as http://127.0.0.1:7801",
  ],
  [
    "servers: { b: { token: 'l0velacé' } }",
    "Cannot use servers.b.token in FILE: expected printable ASCII characters only",
  ],
];

for (const [text, message] of UNUSED) {
  Deno.test(`config view refuses ${text}`, async () => {
    await atHome(async ({ ok, refused, file }) => {
      await ok("init");
      await Deno.writeTextFile(file, text);
      assertEquals(await refused(2, "view"), message.replaceAll("FILE", file));
    });
  });
}

Deno.test("config view and get do not say that a file is missing which they cannot read", async () => {
  const unread = ["Not looked for settings in /h/config.yaml: permission denied"];
  const read = () => Promise.reject(new AppError("failed", "Cannot read the configuration file"));
  const context = {
    ...testContext({
      adapters: {
        configFiles: () =>
          Promise.resolve({
            editor: () => ({ ...missingEditor, path: "/h/config.yaml", read }),
            parse: () => Promise.reject(new Error("There is nothing to parse")),
          }),
      },
    }),
    searchConfig: () => Promise.resolve({ found: null, unread }),
  };
  assertEquals(await runProgram(["config", "view"], context), 0);
  assertStringIncludes(context.terminal.outText, "No configuration file was read\n");
  assertEquals(context.terminal.errText, `${unread[0]}\n`);
  assertEquals(await runProgram(["config", "get", "format"], context), 1);
  assertStringIncludes(context.terminal.errText, "Error: Cannot read the configuration file\n");
});

/** An editor that must not change anything. */
const missingEditor = {
  exclusive: () => Promise.reject(new Error("Nothing is changed")),
  edit: () => Promise.reject(new Error("Nothing is changed")),
  write: () => Promise.reject(new Error("Nothing is changed")),
  exposure: () => null,
};

Deno.test("config get prints a secret only if that is asked for, and says what is not set", async () => {
  await atHome(async ({ ok, refused, file }) => {
    assertEquals(await refused(1, "get", "format"), `format is not set in ${file}`);
    await ok("set", "token", "s3cret-token");
    assertEquals(
      await refused(2, "get", "token"),
      "Cannot print token: it is a secret (run: asset-generator config get token --show-secrets)",
    );
    assertEquals(await ok("get", "token", "--show-secrets"), "s3cret-token\n");
    assertEquals(
      await refused(2, "get", "formt"),
      'Cannot use "formt": there is no such setting (did you mean format?)',
    );
  });
});

Deno.test("config unset removes a setting, a section, an unknown name, and one that stands twice", async () => {
  await atHome(async ({ ok, refused, file }) => {
    await ok("init");
    await Deno.writeTextFile(
      file,
      "# top\n\nfromat: json\nquiet: true\nquiet: false\nservers:\n  a: {}\n  b: {}\n",
    );
    assertMatch(
      await refused(2, "view"),
      /^Cannot read the configuration file .*: line \d+: a name stands twice$/,
    );
    await ok("unset", "quiet");
    assertMatch(await refused(2, "view"), /fromat/);
    await ok("unset", "fromat");
    await ok("unset", "servers.a");
    assertEquals(await Deno.readTextFile(file), "# top\n\nservers:\n  b: {}\n");
    assertEquals(await refused(1, "unset", "quiet"), `quiet is not set in ${file}`);
    await Deno.writeTextFile(file, "api-url: http://a\ngenerate:\n  steps: 4\n");
    assertEquals(
      await refused(1, "unset", "steps"),
      `steps is not set in ${file} (did you mean generate.steps?)`,
    );
    assertEquals(
      await refused(1, "unset", "api-ulr"),
      `api-ulr is not set in ${file} (did you mean api-url?)`,
    );
    await Deno.writeTextFile(file, "a: [\n");
    assertStringIncludes(await refused(1, "unset", "a"), "is not YAML (mend it first)");
    assertEquals(await Deno.readTextFile(file), "a: [\n");
  });
});

Deno.test("config view shows origins and masks secrets", async () => {
  await atHome(async ({ ok, file, path, stage }) => {
    await ok("set", "servers.gpu2.api-url", "http://h:1");
    await ok("set", "servers.gpu2.token", "s3cret-token");
    await ok("set", "servers.gpu2.headers.X-Team", "s3cret-team");
    await ok("set", "servers.gpu2.header-files.X-Gate", "none/there");
    await ok("set", "api-key-file", "none/there");
    await ok("set", "generate.steps", "5");
    const text = (await ok("view", "--server", "gpu2")).replaceAll(path, "HOME");
    assertMatch(
      text,
      /^File: HOME\/\.config\/asset-generator\/config\.yaml\n\nserver +gpu2 +--server\n/,
    );
    assertMatch(text, /^headers\.X-Team +\*{8} +servers\.gpu2\.headers\.X-Team in the file$/m);
    assertMatch(text, /^headers\.X-Gate +\*{8} +servers\.gpu2\.header-files\.X-Gate in the file$/m);
    const lines = `${path}/headers`;
    await Deno.writeTextFile(lines, "X-Room: s3cret-room\n");
    const env = { HOME: path, ASSET_GENERATOR_HEADERS_FILE: lines };
    const { out } = await runHere(["config", "view"], { stage, env });
    assertMatch(out, /^headers\.X-Room +\*{8} +ASSET_GENERATOR_HEADERS_FILE$/m);
    for (const format of ["table", "json", "yaml"]) {
      const out = await ok("view", "--server", "gpu2", "--format", format);
      assert(!out.includes("s3cret"), out);
      assertStringIncludes(out, "********");
    }
    const [document] = readDocuments(
      await ok("view", "--server", "gpu2", "--format", "json"),
      "config",
    );
    assertEquals(document?.schema, "config");
    const settings = JSON.parse(await ok("view", "--server", "gpu2", "--format", "json")).settings;
    const byKey = new Map(settings.map((one: { key: string }) => [one.key, one]));
    assertEquals(byKey.get("token"), {
      key: "token",
      value: "********",
      from: `servers.gpu2.token in ${file}`,
    });
    assertEquals(byKey.get("server"), { key: "server", value: "gpu2", from: "--server" });
    assertEquals(byKey.get("format"), { key: "format", value: "table", from: null });
    assertEquals(byKey.get("generate.steps"), {
      key: "generate.steps",
      value: "5",
      from: `generate.steps in ${file}`,
    });
    // The rest of the file is about another server.
    assertEquals(byKey.get("api-key"), { key: "api-key", value: null, from: null });
  });
});

const ORIGINAL = `# Example configuration file for Asset Generator CLI
api-url: wss://swarm.example
API-Key: "s3cret-key"
format: JSON
verbose: false
output: ""
generate:
  model: tiny
  steps: 20
  length: 512
  height: 256
  loras:
    - ink:0.8
  skimmed-cfg: true
`;

Deno.test("the original's file is read while there is none of ours, and is taken over", async () => {
  await atHome(async ({ ok, run, path, file }) => {
    const original = `${path}/.asset-generator/config.yaml`;
    await Deno.mkdir(`${path}/.asset-generator`);
    await Deno.writeTextFile(original, ORIGINAL);
    assertEquals(await ok("path"), `${original}\n`);
    const view = await ok("view");
    assertMatch(view, /^api-url +https:\/\/swarm\.example +api-url in the file$/m);
    assertMatch(view, /^format +json +format in the file$/m);
    assert(!view.includes("s3cret"), view);
    const { code, out, err } = await run("set", "generate.steps", "7");
    assertEquals([code, out], [0, `Set generate.steps in ${file}\n`]);
    assertEquals(err, `Not taken over from ${original}: output, generate.skimmed-cfg\n`);
    assertEquals(await ok("path"), `${file}\n`);
    assertEquals(await ok("get", "api-key", "--show-secrets"), "s3cret-key\n");
    assertEquals(await ok("get", "generate.height"), "256\n");
    assertMatch(await Deno.readTextFile(file), /^ {2}height: 256$/m);
    assertEquals(await ok("get", "generate.lora"), "ink:0.8\n");
    assertEquals(await Deno.readTextFile(original), ORIGINAL);
  });
});

Deno.test("the commands of config need no more than the documented permissions", async () => {
  await atHome(async ({ path, file, stage }) => {
    const env = { ...stage.env, HOME: path, XDG_CONFIG_HOME: "", ASSET_GENERATOR_CONFIG: "" };
    const directory = `${path}/.config/asset-generator`;
    const permissions = [
      "--allow-env=HOME",
      `--allow-read=${directory},${path}/.asset-generator`,
      `--allow-write=${directory}`,
    ];
    for (
      const args of [["init"], ["set", "format", "json"], ["get", "format"], ["unset", "format"], [
        "path",
      ]]
    ) {
      const { code, err } = await runCli(["config", ...args], {
        cwd: stage.here,
        env,
        permissions,
      });
      assertEquals([code, err], [0, ""], args.join(" "));
    }
    const narrow = { cwd: stage.here, env, permissions: ["--allow-env=HOME"] };
    const { code, err } = await runCli(["config", "set", "format", "json"], narrow);
    assertEquals(code, 4);
    assertStringIncludes(
      err,
      `Error: Cannot write the configuration file ${file}: Deno does not allow it`,
    );
    assertEquals((await runCli(["config", "path"], narrow)).out, `${file}\n`);
  });
});

Deno.test("a secret that is set is in no output, and can come from standard input", async () => {
  await atHome(async ({ path, stage, file }) => {
    const env = { ...stage.env, HOME: path, XDG_CONFIG_HOME: "", ASSET_GENERATOR_CONFIG: "" };
    // Standard input is empty there.
    const { code, err } = await runCli(["config", "set", "token"], { cwd: stage.here, env });
    assertEquals([code, err], [
      2,
      "Error: Cannot use token: it is empty (give a value, or leave it out)\n",
    ]);
    for (const format of ["table", "json"]) {
      const args = [
        "config",
        "set",
        "servers.a.token",
        "s3cret-token",
        "--format",
        format,
        "--verbose",
      ];
      const { out, err } = await runCli(args, { cwd: stage.here, env });
      assert(!`${out}${err}`.includes("s3cret"), out + err);
    }
    assertStringIncludes(await Deno.readTextFile(file), "token: s3cret-token");
  });
});
