/**
 * A token, an API key and headers, from every source: each command sends them to its server, and
 * none of its outputs, files and arguments ever contains one.
 */
import { assert, assertEquals } from "@std/assert";
import { COMMANDS, findCommand } from "../../src/cli/command_table.ts";
import type { CommandEntry, CommandGroup } from "../../src/cli/command_table.ts";
import { runHere } from "../support/program_here.ts";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { withTempDir } from "../support/temp_dir.ts";
import type { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";

const SECRETS = {
  token: "tok3n-l0velace",
  key: "k3y-l0velace",
  gateway: "gat3-l0velace pass",
  room: "r00m-l0velace",
  // Nothing listens there: what is said of that must not hold the password either.
  redis: "redis://team:r3dis-l0velace@127.0.0.1:1",
};

/** What some commands need besides their names; commands that are not listed need nothing. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  "generate image": ["--prompt", "x", "--save-images"],
  wait: ["--once"],
  "models get": ["tiny"],
  completions: ["bash"],
};
/** Commands that run until they are stopped, or ask no server. */
const OTHERS: readonly string[] = ["events", "serve", "simulate", "completions"];

function moreOf(words: string, stage: Stage): readonly string[] {
  const directory = words === "generate image" ? ["--output-dir", `${stage.here}/pictures`] : [];
  return [...MORE[words] ?? [], ...directory];
}

/** A source that contains all four secrets. */
interface Place {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Writes the secrets into files, and one configuration file for each way to hold them. */
async function writePlaces(dir: TempDir, url: string): Promise<readonly Place[]> {
  for (const [name, secret] of Object.entries(SECRETS)) {
    // Editors and `echo` put a line break there.
    await Deno.writeTextFile(dir.join(name), `${secret}\n`);
  }
  const headers = `X-Gateway: ${SECRETS.gateway}\nX-Room: ${SECRETS.room}`;
  await Deno.writeTextFile(dir.join("headers"), `${headers}\n`);
  await Deno.writeTextFile(
    dir.join("plain.yaml"),
    `default-server: one
servers:
  one:
    api-url: ${url}
    token: ${SECRETS.token}
    api-key: '${SECRETS.key}'
    headers: { X-Gateway: "${SECRETS.gateway}", X-Room: ${SECRETS.room} }
redis-url: ${SECRETS.redis}
`,
  );
  await Deno.writeTextFile(
    dir.join("files.yaml"),
    `api-url: ${url}
token-file: token
api-key-file: ./key
header-files: { X-Gateway: gateway, X-Room: "${dir.join("room")}" }
redis-url-file: redis
`,
  );
  return [
    {
      name: "files of options",
      args: [
        ...["--token-file", dir.join("token"), "--api-key-file", dir.join("key")],
        ...["--header-file", `X-Gateway: ${dir.join("gateway")}`],
        ...["--header-file", `X-Room:${dir.join("room")}`],
      ],
    },
    {
      name: "files of variables",
      env: {
        ASSET_GENERATOR_TOKEN_FILE: dir.join("token"),
        ASSET_GENERATOR_API_KEY_FILE: dir.join("key"),
        ASSET_GENERATOR_HEADERS_FILE: dir.join("headers"),
        ASSET_GENERATOR_REDIS_URL_FILE: dir.join("redis"),
      },
    },
    {
      name: "variables",
      env: {
        ASSET_GENERATOR_TOKEN: SECRETS.token,
        ASSET_GENERATOR_API_KEY: SECRETS.key,
        ASSET_GENERATOR_HEADERS: headers,
        ASSET_GENERATOR_REDIS_URL: SECRETS.redis,
      },
    },
    { name: "a configuration file", env: { ASSET_GENERATOR_CONFIG: dir.join("plain.yaml") } },
    {
      name: "files of a configuration file",
      env: { ASSET_GENERATOR_CONFIG: dir.join("files.yaml"), ASSET_GENERATOR_API_URL: "" },
    },
  ];
}

Deno.test("no command shows or keeps a secret, from whatever place it came", async () => {
  await using stage = await openStage();
  await withTempDir(async (dir) => {
    for (const place of await writePlaces(dir, stage.server.url)) {
      for (const words of commandWords(COMMANDS)) {
        if (OTHERS.includes(words)) continue;
        for (const format of ["table", "json"]) {
          stage.server.clearRequests();
          const args = [
            ...words.split(" "),
            ...moreOf(words, stage),
            "--verbose",
            "--format",
            format,
          ];
          const run = runHere([...args, ...place.args ?? []], {
            stage,
            env: { HOME: dir.path, ...place.env },
          });
          if (words === "generate image") {
            await stage.untilWorking(1);
            await stage.finish();
          }
          const { code, out, err } = await run;
          const about = `${words}, ${place.name}: ${out}${err}`;
          assertHidden(`${out}${err}`, about);
          // A command line that wants more asks no server; nor does `logout` without a login.
          if (words === "logout") continue;
          if ((code === 2 && MORE[words] === undefined) || !await asksServer(words)) continue;
          assert([0, 1].includes(code), about);
          assert(stage.server.requests.length > 0, about);
          for (const { headers } of stage.server.requests) {
            assertEquals(headers, {
              ...headers,
              cookie: `swarm_token=${SECRETS.token}`,
              authorization: `Bearer ${SECRETS.key}`,
              "x-gateway": SECRETS.gateway,
            }, about);
          }
        }
      }
      await assertNothingKept(stage, place.name);
    }
  });
});

Deno.test("a secret that a server repeats is hidden, whatever its source", async () => {
  await using stage = await openStage();
  // That of Redis is sent to Redis alone.
  const { redis: _redis, ...sent } = SECRETS;
  const body = { error: `seen: ${Object.values(sent).join(" and ")}` };
  stage.server.fault({ route: "*", kind: "json", body, times: Infinity });
  await withTempDir(async (dir) => {
    for (const place of await writePlaces(dir, stage.server.url)) {
      for (const words of commandWords(COMMANDS)) {
        if (OTHERS.includes(words)) continue;
        const args = [...words.split(" "), ...moreOf(words, stage), "--verbose"];
        const { out, err } = await runHere([...args, ...place.args ?? []], {
          stage,
          env: { HOME: dir.path, ...place.env },
        });
        assertHidden(`${out}${err}`, `${words}, ${place.name}: ${out}${err}`);
      }
      await assertNothingKept(stage, place.name);
    }
  });
});

/** The account's password. */
const PASSWORD = "passw0rd-l0velace";

Deno.test("no command shows or keeps a password, and the token for it stands in its own file alone", async () => {
  await using stage = await openStage({
    accounts: [{ name: "ada", password: PASSWORD, role: "owner" }],
  });
  const options = { stage, env: { HOME: stage.elsewhere } };
  const login = ["login", "--verbose", "--user", "ada"];
  const wrong = `${PASSWORD}, not quite`;
  stage.server.fault({
    route: "Login",
    kind: "json",
    body: { error: `seen: ${wrong} and ${await hashOf(wrong)}` },
  });
  const refused = await runHere(login, { ...options, stdin: wrong });
  assertHidden(`${refused.out}${refused.err}`, refused.err);
  assertEquals(refused.code, 1, refused.err);
  for (const format of ["table", "json"]) {
    for (const given of [{ stdin: `${PASSWORD}\n` }, { typed: [PASSWORD] }]) {
      const { code, out, err } = await runHere([...login, "--format", format], {
        ...options,
        ...given,
      });
      assertEquals(code, 0, err);
      assertHidden(`${out}${err}`, `login: ${out}${err}`);
    }
    const token = await tokenOfLogin(stage);
    const hidden = [token, token.split(".")[2] ?? "", await hashOf(PASSWORD)];
    for (const words of commandWords(COMMANDS)) {
      if (OTHERS.includes(words) || words.startsWith("log")) continue;
      const run = runHere(
        [...words.split(" "), ...moreOf(words, stage), "--verbose", "--format", format],
        options,
      );
      if (words === "generate image") {
        await stage.untilWorking(1);
        await stage.finish();
      }
      const { out, err } = await run;
      assertHidden(`${out}${err}`, `${words}: ${out}${err}`, hidden);
    }
    await assertNothingKept(stage, "login", { hidden, not: "/logins/" });
  }
  const { out, err } = await runHere(["logout", "--verbose"], options);
  assertHidden(`${out}${err}`, `logout: ${out}${err}`);
  await assertNothingKept(stage, "logout");
});

async function hashOf(password: string): Promise<string> {
  const bytes = new TextEncoder().encode(`swarmclientpw:ada:${password}`);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

async function tokenOfLogin(stage: Stage): Promise<string> {
  const [file = ""] = await filesBelow(`${stage.stateDirectory}/logins`);
  return JSON.parse(await Deno.readTextFile(file)).token;
}

Deno.test("a process shows no secret of a file in its arguments or variables", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using stage = await openStage();
  await withTempDir(async (dir) => {
    for (const { name, args = [], env = {} } of await writePlaces(dir, stage.server.url)) {
      if (name === "variables") continue;
      await using events = stage.start(["events", ...args], { env });
      await waitFor(() => stage.server.requests.length > 0, { what: "a question" });
      const { pid } = events.process;
      for (const file of ["cmdline", "environ"]) {
        // Deno reads nothing there without all permissions.
        const shown = await new Deno.Command("cat", { args: [`/proc/${pid}/${file}`] }).output();
        assert(shown.success && shown.stdout.length > 0);
        assertHidden(new TextDecoder().decode(shown.stdout), `${name}: ${file}`);
      }
      stage.server.clearRequests();
    }
  });
});

Deno.test("what a Redis repeats of its password is hidden, and a wrong address is not shown", async () => {
  await using stage = await openStage();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = (async () => {
    for await (const connection of listener) {
      const bytes = new Uint8Array(1000);
      const length = await connection.read(bytes) ?? 0;
      const said = new TextDecoder().decode(bytes.slice(0, length)).replace(/[\r\n]+/g, " ");
      await connection.write(new TextEncoder().encode(`-ERR I was told ${said}\r\n`));
      connection.close();
    }
  })();
  const url = `redis://team:r3dis-l0velace@127.0.0.1:${listener.addr.port}`;
  await withTempDir(async (dir) => {
    await Deno.writeTextFile(dir.join("redis"), `${url}\n`);
    for (const args of [["--redis-url", url], ["--redis-url-file", dir.join("redis")]]) {
      for (const more of [["--verbose"], ["--format", "json"]]) {
        const { code, out, err } = await runHere(["status", ...args, ...more], { stage });
        assertEquals(code, 0);
        assert(`${out}${err}`.includes("I was told"), err);
        assertHidden(`${out}${err}`, `${out}${err}`);
      }
    }
  });
  for (const wrong of [`${url}?x=1`, url.replace("redis:", "http:"), `${url}/one`]) {
    const { code, out, err } = await runHere(["status", "--redis-url", wrong], { stage });
    assertEquals(code, 2, err);
    assertHidden(`${out}${err}`, err);
  }
  listener.close();
  await answering;
});

/** Files without a secret that can be sent, and the errors. */
const REFUSED: readonly (readonly [string, string])[] = [
  ["empty", "it is empty (give a value, or leave it out)"],
  ["lines", "expected printable ASCII characters only"],
  ["missing", "no such file or directory"],
  ["directory", "it is a directory"],
  ["large", "it has more than"],
];

Deno.test("a file without a secret is refused in one line that names it", async () => {
  await using stage = await openStage();
  await withTempDir(async (dir) => {
    await Deno.writeTextFile(dir.join("empty"), "\n");
    await Deno.writeTextFile(dir.join("lines"), `${SECRETS.token}\n\n`);
    await Deno.writeTextFile(dir.join("large"), SECRETS.token.repeat(10_000));
    await Deno.mkdir(dir.join("directory"));
    for (const [name, message] of REFUSED) {
      const args = ["status", "--token-file", dir.join(name)];
      const { code, out, err } = await runHere(args, { stage });
      assertEquals([code, out], [2, ""], name);
      const place = `--token-file "${dir.join(name)}"`;
      assert(err.startsWith(`Error: Cannot use ${place}: ${message}`), err);
      assertEquals(err.split("\n").length, 2, err);
      assertHidden(err, name);
    }
  });
  // The secret itself, where a file is meant.
  const env = { ASSET_GENERATOR_TOKEN_FILE: SECRETS.token };
  const { err } = await runHere(["status"], { stage, env });
  assertEquals(err, "Error: Cannot use ASSET_GENERATOR_TOKEN_FILE: no such file or directory\n");
  for (const text of [`X-Gateway ${SECRETS.key}`, `X-Gateway: ${SECRETS.key}`]) {
    const { err } = await runHere(["status", "--header-file", text], { stage });
    assert(err.startsWith("Error: Cannot use --header-file: "), err);
    assertHidden(err, text);
  }
  assertEquals(stage.server.requests.length, 0);
});

function assertHidden(text: string, about: string, more: readonly string[] = []): void {
  for (const secret of [...Object.values(SECRETS), "l0velace", ...more]) {
    assert(!text.includes(secret), about);
  }
}

/** Searches everything that the runs left behind: state, records, sessions, pictures. */
async function assertNothingKept(stage: Stage, about: string, { hidden = [], not }: {
  readonly hidden?: readonly string[];
  /** Part of the path of files that are not searched. */
  readonly not?: string;
} = {}): Promise<void> {
  for (const directory of [stage.here, stage.elsewhere, stage.stateDirectory]) {
    for (const path of await filesBelow(directory)) {
      if (not !== undefined && path.includes(not)) continue;
      const bytes = await Deno.readFile(path);
      assertHidden(
        `${path} ${new TextDecoder("latin1").decode(bytes)}`,
        `${about}: ${path}`,
        hidden,
      );
    }
  }
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) found.push(...await filesBelow(path));
    if (isFile) found.push(path);
  }
  return found;
}

async function asksServer(words: string): Promise<boolean> {
  const entry = findCommand(words.split(" "));
  if (entry?.kind !== "command") throw new Error(`There is no command ${words}`);
  return (await entry.load()).command.options.token.refused === undefined;
}

function commandWords(group: CommandGroup, before = ""): readonly string[] {
  return Object.entries<CommandEntry | CommandGroup>(group.members).flatMap(([word, member]) =>
    member.kind === "group" ? commandWords(member, `${before}${word} `) : [before + word]
  );
}
