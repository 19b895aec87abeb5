/** `login`, `logout`, and the token that all other commands then use; against simulators with accounts. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { askAccount } from "../../src/cli/login/ask_account.ts";
import { Messages } from "../../src/cli/messages.ts";
import type { SimulatorOptions } from "../../src/simulator/simulator.ts";
import { startSimulator } from "../../src/simulator/simulator.ts";
import type { CliResult } from "../support/cli_process.ts";
import { fetchHere } from "../support/http_clients.ts";
import { loadSchema } from "../support/json_schema.ts";
import type { HereOptions } from "../support/program_here.ts";
import { runHere } from "../support/program_here.ts";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { testContext } from "../support/test_context.ts";

const ALICE = { name: "alice", password: "wonder land", role: "admin" } as const;
const ACCOUNTS: SimulatorOptions = { accounts: [ALICE] };
const valid = await loadSchema("login.v1.json");

/** Runs a command line; its output must not contain a secret. */
async function run(
  stage: Stage,
  line: string,
  options: Pick<HereOptions, "stdin" | "typed" | "env"> = {},
): Promise<CliResult> {
  const result = await runHere(line.split(" "), { stage, ...options });
  const token = await keptToken(stage);
  for (const secret of [ALICE.password, ...token === null ? [] : [token]]) {
    assert(!`${result.out}${result.err}`.includes(secret), `${line} shows ${secret}`);
  }
  return result;
}

function logIn(stage: Stage): Promise<CliResult> {
  return run(stage, "login --user Alice", { stdin: `${ALICE.password}\n` });
}

/** The token in the user scope; `null` if there is none. */
async function keptToken(stage: Stage): Promise<string | null> {
  const files: string[] = [];
  try {
    for await (const { name } of Deno.readDir(`${stage.stateDirectory}/logins`)) files.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const [file] = files;
  if (file === undefined) return null;
  return JSON.parse(await Deno.readTextFile(`${stage.stateDirectory}/logins/${file}`)).token;
}

async function document(stage: Stage, line: string): Promise<Record<string, unknown>> {
  const { out } = await run(stage, `${line} --format json`);
  const told = JSON.parse(out);
  assertEquals(valid(told), [], out);
  return told;
}

Deno.test("login keeps a token that all commands send, and logout ends it", async () => {
  await using stage = await openStage(ACCOUNTS);
  const { url } = stage.server;
  assertEquals((await run(stage, "models list -q")).code, 4);
  assertEquals(await logIn(stage), {
    code: 0,
    out: `Logged in to ${url} as alice (asset-generator logout ends it)\n`,
    err: "",
  });
  const token = await keptToken(stage);
  assertEquals((await run(stage, "models list -q")).out, "tiny.safetensors\n");
  assertEquals((await run(stage, "status --get verdict")).out, "idle\n");
  const { permissions, logged_in_at, ...told } = await document(stage, "login --status");
  assert(Array.isArray(permissions) && permissions.includes("view_backends_list"));
  assertMatch(String(logged_in_at), /^\d{4}-\d{2}-\d{2}T/);
  assertEquals(told, {
    schema_version: 1,
    server_url: url,
    login_required: true,
    logged_in: true,
    user: "alice",
    token_from: "login",
    token_revoked: null,
    error: null,
  });
  assertEquals(await run(stage, "logout"), {
    code: 0,
    out: `Logged out of ${url}: the token of alice is no longer valid, and removed here\n` +
      "Sessions made with it stay valid on the server, and running generations go on\n",
    err: "",
  });
  assertEquals(await keptToken(stage), null);
  const withIt = await run(stage, "models list", { env: { ASSET_GENERATOR_TOKEN: token ?? "" } });
  assertEquals(withIt.code, 4);
  assertMatch(withIt.err, /the server does not accept the account token/);
  assertEquals((await run(stage, "models list")).code, 4);
});

Deno.test("login closes its files to others, and logout removes what was kept for it", async () => {
  await using stage = await openStage(ACCOUNTS);
  await logIn(stage);
  await run(stage, "samplers list");
  const files = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const name of ["logins", "sessions", "choices"]) {
      const directory = `${stage.stateDirectory}/${name}`;
      assertEquals(((await Deno.stat(directory)).mode ?? 0) & 0o777, 0o700);
      for await (const file of Deno.readDir(directory)) {
        assertEquals(((await Deno.stat(`${directory}/${file.name}`)).mode ?? 0) & 0o777, 0o600);
        found.push(name);
      }
    }
    return found;
  };
  assertEquals(await files(), ["logins", "sessions", "choices"]);
  await run(stage, "logout");
  assertEquals(await files(), []);
});

Deno.test("a login is of one server, however its address is written, and of no other", async () => {
  await using stage = await openStage(ACCOUNTS);
  await using other = await startSimulator();
  await logIn(stage);
  const { port } = stage.server;
  for (const address of [`http://LOCALHOST:${port}/`, `127.0.0.1:${port}`, `localhost:${port}//`]) {
    assertEquals((await run(stage, `models list -q --api-url ${address}`)).code, 0, address);
  }
  assertEquals((await run(stage, `models list -q --api-url ${other.url}`)).code, 0);
  assertEquals(other.requests.filter(({ headers }) => "cookie" in headers), []);
  assertEquals((await run(stage, `models list --api-url http://127.0.0.1:${port}/x`)).code, 5);
  const [last] = stage.server.requests.slice(-1);
  assertEquals(last?.headers["cookie"], undefined);
});

Deno.test("login asks at a terminal for what was not given", async () => {
  await using stage = await openStage(ACCOUNTS);
  const { url } = stage.server;
  const asked = await run(stage, "login", { typed: ["alice", ALICE.password] });
  assertEquals([asked.code, asked.err], [
    0,
    `Log in to ${url}\nAccount: Password of alice (not shown): \n`,
  ]);
  for (const typed of [["alice"], [""], ["alice", ""], []]) {
    const { code, err } = await run(stage, "login", { typed });
    assertEquals(code, 2, err);
    assertMatch(
      err,
      /Error: Cannot log in to .*: (?:no password came from the terminal|expected the)/,
    );
    // Ctrl-D leaves the line of the question.
    assertEquals(err.includes("Account: \nError"), typed.length === 0, err);
  }
});

Deno.test("login again ends the token of the login before", async () => {
  await using stage = await openStage(ACCOUNTS);
  await logIn(stage);
  const first = await keptToken(stage) ?? "";
  await logIn(stage);
  assert(await keptToken(stage) !== first);
  const { code } = await run(stage, "models list", { env: { ASSET_GENERATOR_TOKEN: first } });
  assertEquals(code, 4);
});

/** How many tokens of an account are valid on the server. */
async function tokenCount({ server }: Stage, token: string): Promise<number> {
  const ask = async (route: string, body: unknown): Promise<Record<string, unknown>> => {
    const headers = { "content-type": "application/json", cookie: `swarm_token=${token}` };
    const text = JSON.stringify(body);
    const url = `${server.url}/API/${route}`;
    return await (await fetchHere(url, { method: "POST", headers, body: text })).json();
  };
  const { session_id } = await ask("GetNewSession", {});
  const { tokens } = await ask("ListMyAuthTokens", { session_id });
  return Array.isArray(tokens) ? tokens.length : 0;
}

Deno.test("logins at the same time leave one valid token, and logouts none", async () => {
  await using stage = await openStage(ACCOUNTS);
  const together = async (line: string): Promise<void> => {
    const all = Array.from(
      { length: 4 },
      () => runHere(line.split(" "), { stage, stdin: `${ALICE.password}\n` }),
    );
    for (const { code, err } of await Promise.all(all)) assertEquals([code, err], [0, ""]);
  };
  await together("login --user alice");
  // One more is the simulator's own.
  assertEquals(await tokenCount(stage, await keptToken(stage) ?? ""), 2);
  await together("logout");
  assertEquals(await keptToken(stage), null);
});

Deno.test("login is not needed where everybody is let in, and asks for nothing there", async () => {
  await using stage = await openStage({ ...ACCOUNTS, requiresLogin: false });
  const { url } = stage.server;
  const said = `No login is needed at ${url}: it lets everybody in, as its user "local"`;
  assertEquals(await logIn(stage), {
    code: 0,
    out: `${said}. Nothing was asked or kept\n`,
    err: "",
  });
  assertEquals(stage.asked("Login"), 0);
  assertEquals((await run(stage, "login --status")).out, `${said}\n`);
  assertEquals((await document(stage, "login")).login_required, false);
});

/** Error messages without "Cannot log in to URL: ". */
const REFUSALS: readonly {
  readonly what: string;
  readonly server?: SimulatorOptions;
  readonly before?: (stage: Stage) => unknown;
  readonly line?: string;
  readonly options?: Pick<HereOptions, "stdin" | "typed" | "env">;
  readonly code: number;
  readonly says: string;
}[] = [
  {
    what: "a wrong password",
    options: { stdin: "looking-glass" },
    code: 4,
    says: ' as "alice": the name or the password is wrong (the server does not say which)',
  },
  {
    what: "too many logins",
    before: async (stage) => {
      for (let tries = 0; tries < 5; tries++) {
        await run(stage, "login --user alice", { stdin: "looking-glass" });
      }
    },
    code: 4,
    says:
      ' as "alice": too many logins within a minute, right or wrong (wait a minute and try again)',
  },
  {
    what: "a header lock",
    server: { requiredAuthorization: "Bearer sesame" },
    code: 4,
    says: "Cannot ask URL about the login: the server requires an Authorization header (give it " +
      "with --api-key)",
  },
  {
    what: "no password",
    options: { stdin: "\n" },
    code: 2,
    says:
      ": no password came from standard input (give it as one line, or from a file with < FILE)",
  },
  {
    what: "a file with more than a password",
    options: { stdin: "one\ntwo\n" },
    code: 2,
    says: ": expected one line with the password from standard input",
  },
  {
    what: "nobody to ask",
    line: "login",
    code: 2,
    says: ": nobody can be asked for the account's name (give it with --user)",
  },
  {
    what: "another token",
    options: { env: { ASSET_GENERATOR_TOKEN: "a.b.c" } },
    code: 2,
    says: ": the token of ASSET_GENERATOR_TOKEN would be sent instead of the login's (unset it)",
  },
  {
    what: "a gateway that takes cookies out",
    before: ({ server }) =>
      server.fault({ route: "Login", kind: "json", body: { success: "true" } }),
    code: 1,
    says: ' as "alice": the server took the password, but sent no cookie swarm_token (does a ' +
      "gateway before it take cookies out?)",
  },
  {
    what: "a redirect, to which nothing is sent",
    before: ({ server }) =>
      server.fault({ route: "Login", kind: "redirect", location: "http://127.0.0.1:9/x" }),
    code: 5,
    says: ' as "alice": it redirects to http://127.0.0.1:9/x (give SwarmUI\'s own address with ' +
      "--api-url)",
  },
  {
    what: "a server that repeats the password",
    before: ({ server }) =>
      server.fault({ route: "Login", kind: "json", body: { error: `Not ${ALICE.password}!` } }),
    code: 1,
    says: ' as "alice": Not <secret>!',
  },
];

for (const { what, server, before, line = "login --user alice", options, code, says } of REFUSALS) {
  Deno.test(`login says what keeps it from its token: ${what}`, async () => {
    await using stage = await openStage({ ...ACCOUNTS, ...server });
    await before?.(stage);
    const result = await run(stage, line, { stdin: `${ALICE.password}\n`, ...options });
    const { url } = stage.server;
    const text = says.startsWith("Cannot")
      ? says.replace("URL", url)
      : `Cannot log in to ${url}${says}`;
    assertEquals([result.code, result.out, result.err], [code, "", `Error: ${text}\n`]);
    assertEquals(await keptToken(stage), null);
  });
}

Deno.test("login asks for no password if its token could not be kept", async () => {
  await using stage = await openStage(ACCOUNTS);
  await Deno.mkdir(stage.stateDirectory);
  await Deno.chmod(stage.stateDirectory, 0o770);
  const { code, err } = await run(stage, "login", { typed: ["alice", ALICE.password] });
  assertEquals(code, 1);
  assertMatch(
    err,
    /^Error: Cannot use this user's state directory .*: other users can write there/,
  );
  assertEquals(stage.server.requests, []);
});

Deno.test("a login is read only if nobody else can have written it", async () => {
  await using stage = await openStage(ACCOUNTS);
  await logIn(stage);
  await Deno.chmod(`${stage.stateDirectory}/logins`, 0o750);
  assertEquals((await run(stage, "models list")).code, 4);
  await Deno.chmod(`${stage.stateDirectory}/logins`, 0o700);
  assertEquals((await run(stage, "models list")).code, 0);
});

Deno.test("logout keeps the token for another try if it could not be ended", async () => {
  await using stage = await openStage({
    accounts: [{ ...ALICE, role: "guest" }],
  });
  const { url } = stage.server;
  await logIn(stage);
  const kept = "; the login is still kept here: try again, or remove it here alone with " +
    "logout --local, which leaves the token valid on the server\n";
  const weak = await run(stage, "logout");
  assertEquals([weak.code, weak.err], [
    4,
    `Error: Cannot end the login of "alice" on ${url}: this account is not allowed to (it needs ` +
    `the permission edit_user_settings)${kept}`,
  ]);
  stage.server.fault({ route: "GetNewSession", kind: "close" });
  const gone = await run(stage, "logout");
  assertEquals([gone.code, gone.err.endsWith(kept)], [5, true], gone.err);
  assert(await keptToken(stage) !== null);
  const before = stage.server.requests.length;
  assertEquals((await document(stage, "logout --local")).token_revoked, null);
  assertEquals([await keptToken(stage), stage.server.requests.length], [null, before]);
});

Deno.test("logout removes a token that the server does not know, or does not manage", async () => {
  await using stage = await openStage(ACCOUNTS);
  await logIn(stage);
  stage.server.fault({
    route: "RevokeMyAuthToken",
    kind: "json",
    body: { error: "Authorization is not enabled." },
  });
  const open = await run(stage, "logout");
  assertStringIncludes(open.out, "requires no login now and ends no tokens");
  await logIn(stage);
  stage.server.fault({
    route: "GetNewSession",
    kind: "json",
    body: { error: "Invalid or unauthorized." },
  });
  const ended = await run(stage, "logout");
  assertEquals([ended.code, ended.err], [0, ""]);
  assertStringIncludes(ended.out, "was not valid any more");
  assertEquals((await run(stage, "logout")).out, `There is no login to ${stage.server.url} here\n`);
});

Deno.test("logout does not call ended what it may not end", async () => {
  await using stage = await openStage(ACCOUNTS);
  await logIn(stage);
  stage.server.fault({
    route: "GetNewSession",
    kind: "json",
    body: { session_id: "of-somebody-else", user_id: "local" },
  });
  stage.server.fault({ route: "RevokeMyAuthToken", kind: "json", body: { error: "Unknown." } });
  const { code, err } = await run(stage, "logout");
  assertEquals(code, 4);
  assertStringIncludes(err, 'takes this machine for its user "local", whoever logs in');
});

Deno.test("login --status says which token is in use, and fails if none is accepted", async () => {
  await using stage = await openStage(ACCOUNTS);
  const { url } = stage.server;
  const none = await run(stage, "login --status");
  assertEquals([none.code, none.err], [
    4,
    `Error: Not logged in to ${url}, which requires a login (run asset-generator login)\n`,
  ]);
  const token = stage.server.tokenOf("alice") ?? "";
  const env = { ASSET_GENERATOR_TOKEN: token };
  assertEquals(await run(stage, "login --status", { env }), {
    code: 0,
    out: `${url} lets this tool in as alice, with the token of ASSET_GENERATOR_TOKEN\n`,
    err: "",
  });
  const wrong = await run(stage, "login --status", { env: { ASSET_GENERATOR_TOKEN: "x" } });
  assertEquals([wrong.code, wrong.err], [
    4,
    `Error: ${url} does not accept the token of ASSET_GENERATOR_TOKEN (give a valid one)\n`,
  ]);
  await logIn(stage);
  assertEquals((await run(stage, "login --status")).out, `Logged in to ${url} as alice\n`);
  assertEquals((await run(stage, "login --status --user alice")).code, 2);
});

Deno.test("a fresh machine: two servers with accounts, by config and login alone", async () => {
  await using stage = await openStage(ACCOUNTS);
  await using gpu2 = await startSimulator({
    models: [{ name: "gpu2-model.safetensors" }],
    accounts: [{ name: "bob", password: "tiger lily", role: "owner" }],
  });
  const env = {
    ASSET_GENERATOR_API_URL: "",
    HOME: stage.elsewhere,
    ASSET_GENERATOR_CONFIG: `${stage.elsewhere}/config.yaml`,
  };
  const ok = async (line: string, more: Pick<HereOptions, "stdin"> = {}): Promise<string> => {
    const { code, out, err } = await run(stage, line, { env, ...more });
    assertEquals(code, 0, `${line}: ${err}`);
    return out;
  };
  await ok("config init");
  await ok(`config set servers.studio.api-url ${stage.server.url}`);
  await ok("config set default-server studio");
  await ok(`config set servers.gpu2.api-url ${gpu2.url}`);
  await ok("login --user alice", { stdin: ALICE.password });
  assertMatch(
    await ok("login --server gpu2 --user bob", { stdin: "tiger lily" }),
    /\(asset-generator logout --server gpu2 ends it\)/,
  );
  assertEquals(await ok("models list --server gpu2 -q"), "gpu2-model.safetensors\n");
  assertEquals(await ok("models list -q"), "tiny.safetensors\n");
  assertEquals(await ok("status --server gpu2 --get verdict"), "idle\n");
  assertMatch(await ok("status --all"), /studio +idle[\s\S]*gpu2 +idle/i);
  // Each server gets its own token only.
  const cookies = (requests: readonly { readonly headers: object }[]): number =>
    new Set(
      requests.map(({ headers }) =>
        Object.entries(headers).find(([name]) => name === "cookie")?.[1]
      ),
    ).size;
  assertEquals([cookies(stage.server.requests), cookies(gpu2.requests)], [2, 2]);
  assertMatch(
    await ok("logout --api-url http://127.0.0.1:9"),
    /^There is no login to http:\/\/127.0.0.1:9 here\n(There is a login of (alice|bob) to .*\n){2}$/,
  );
  await ok("logout --server gpu2");
  const refused = await run(stage, "models list --server gpu2", { env });
  assertEquals(refused.code, 4);
  // The advice must not lead to the login of another server.
  assertMatch(refused.err, /; log in with asset-generator login --server gpu2, or give/);
  assertMatch(
    await ok("status --all"),
    /gpu2: Unknown: .*; log in with asset-generator login --server gpu2, or give/,
  );
  assertEquals(await ok("models list -q"), "tiny.safetensors\n");
});

/** What is said on stderr before a password is sent to an address. */
async function warningFor(url: string, typed?: string): Promise<string> {
  const outside = testContext();
  const messages = new Messages(outside.terminal, { verbosity: "normal", color: "never" });
  const keyboard = {
    isTerminal: typed !== undefined,
    readLine: () => Promise.reject(new Error("The name was given")),
    readSecret: async (prompt: () => Promise<void>) => {
      await prompt();
      return typed ?? null;
    },
  };
  const adapters = {
    ...outside.openAdapters(() => {}),
    keyboard: () => Promise.resolve(keyboard),
  };
  const readSecretFile = (): Promise<string> => Promise.resolve("from a pipe");
  const { signal } = new AbortController();
  const context = { ...outside, readSecretFile, adapters, messages };
  const { password } = await askAccount("alice", { url, context, signal });
  assertEquals(password, typed ?? "from a pipe");
  return outside.terminal.errText;
}

Deno.test("login warns before a password goes to another machine in plain text", async () => {
  const warning =
    "Warning: http://gpu2.example is not encrypted: whoever can read the network on " +
    "the way can use this account (https, a VPN or an SSH tunnel prevents that)\n";
  assertEquals(await warningFor("http://gpu2.example"), warning);
  const asked = await warningFor("http://gpu2.example", "typed");
  assert(asked.startsWith(warning) && asked.includes("Password of alice"), asked);
  for (const url of ["https://gpu2.example", "http://127.0.0.1:7801", "http://[::1]:7801"]) {
    assertEquals(await warningFor(url), "");
  }
});
