/**
 * `docs/exit-codes.md`, cell by cell: every command in every kind of trouble, with its exit code,
 * the code of its error and the schema of its document. The one line on stderr says the same.
 * Troubles that only one command can have are in that command's tests.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { SimulatorOptions } from "../../src/simulator/simulator.ts";
import type { CliResult } from "../support/cli_process.ts";
import { SHIPPED_PERMISSIONS } from "../../tasks/shipped.ts";
import type { SchemaName } from "../support/command_json.ts";
import { readDocuments } from "../support/command_json.ts";
import { generateHere, runHere } from "../support/program_here.ts";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { untilRecorded } from "../support/records.ts";
import type { Told } from "../support/told_messages.ts";
import { assertMessages, messageHeadings } from "../support/told_messages.ts";
import { HAS_OWN_PERMISSIONS } from "../support/tested_program.ts";

/** A command line, its exit code, the code of its error (`null`: none), its document's schema. */
type Cell = readonly [
  line: string,
  exitCode: number,
  error: string | null,
  schema: SchemaName,
];

function schemaOfCommand(line: string): SchemaName {
  switch (line.split(" ")[0]) {
    case "models":
      if (line.startsWith("models load")) return "model_load";
      return line.startsWith("models get") ? "model" : "models";
    case "backends":
      return "backends";
    case "presets":
      return "presets";
    case "samplers":
    case "schedulers":
      return "choices";
    case "generate":
      return "generate";
    case "cancel":
      return "cancel";
    case "doctor":
      return "doctor";
    case "login":
      return "login";
    default:
      return "status";
  }
}

function checkCell(
  cell: Cell,
  { code, out, err }: CliResult,
  more: readonly string[] = [],
): Told {
  const [line, exitCode, error, schema] = cell;
  const last = readDocuments(out, schemaOfCommand(line)).at(-1);
  assert(last, line);
  assertEquals([line, code, last.error?.code ?? null, last.schema], [
    line,
    exitCode,
    error,
    schema,
  ]);
  if (last.error === null) assertEquals(/^Error:/m.test(err), false, err);
  else {
    assertMatch(last.error.message, /^(?:[A-Z]|http:)[^\n]+$/);
    assert(err.endsWith(`Error: ${last.error.message}\n`), err);
  }
  return { line: [line, ...more].join(" "), code, err };
}

/** The troubles, in the order of the page of messages. */
const TROUBLES = [
  "No server answers",
  "The server hangs",
  "What answers is not SwarmUI",
  "The server requires a login",
  "The server requires a header",
  "This account may not see the whole server",
  "This account may see nothing",
  "A generation is running",
  "The places for state cannot be used",
  "The result cannot be written",
  "The command line makes no sense",
  "Deno may not connect",
  "SIGINT comes",
  "SIGTERM comes",
] as const;

type Trouble = typeof TROUBLES[number];

async function checkCells(
  stage: Stage,
  trouble: Trouble,
  cells: readonly Cell[],
  more: readonly string[] = [],
): Promise<void> {
  await checkTold(stage, trouble, await runCells(stage, cells, more));
}

async function runCells(
  stage: Stage,
  cells: readonly Cell[],
  more: readonly string[] = [],
): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (const cell of cells) {
    const args = [...cell[0].split(" "), "--format", "json", ...more];
    told.push(checkCell(cell, await runHere(args, { stage }), more));
  }
  return told;
}

async function checkTold(stage: Stage, trouble: Trouble, told: readonly Told[]): Promise<void> {
  const texts = told.map(({ line, err }) => `${line} ${err}`).join(" ");
  const ids = new Set(texts.match(/\bgen-[a-z0-9]{8}\b/g));
  const addresses = new Set(texts.match(/\b127\.0\.0\.1:\d+\b/g));
  const changing = {
    [stage.here]: "/here",
    [stage.stateDirectory]: "/state",
    ...Object.fromEntries([...ids].map((id, index) => [id, `ID-${index + 1}`])),
    ...Object.fromEntries([...addresses].map((address) => [address, "127.0.0.1:7801"])),
  };
  await assertMessages(trouble, told, { order: TROUBLES, changing });
}

/** All commands that ask a server, for troubles in which each gives the same answer. */
function everyCommand(
  exitCode: number,
  error: string,
  ofWait: string = error,
  waitCode = exitCode,
): readonly Cell[] {
  return [
    ["status", exitCode, error, "status"],
    ["status --exit-code", exitCode, error, "status"],
    ["wait", waitCode, ofWait, "status"],
    ["wait --idle-for 1m --timeout 1m", waitCode, ofWait, "status"],
    ["wait --once", waitCode, ofWait, "status"],
    ["wait --once --idle-for 1m", waitCode, ofWait, "status"],
    ["cancel", exitCode, error, "cancel"],
    ["cancel --all", exitCode, error, "cancel"],
    ["cancel --everyone --yes", exitCode, error, "cancel"],
    ["doctor", exitCode, error, "doctor"],
    ["generate image -p cat", exitCode, error, "error"],
    ["generate image -p cat --no-websocket", exitCode, error, "error"],
    ["models list", exitCode, error, "error"],
    ["models list --type lora", exitCode, error, "error"],
    ["models get tiny", exitCode, error, "error"],
    ["models load tiny", exitCode, error, "error"],
    ["samplers list", exitCode, error, "error"],
    ["schedulers list", exitCode, error, "error"],
    ["backends list", exitCode, error, "error"],
    ["presets list", exitCode, error, "error"],
  ];
}

const LOGIN: readonly Cell[] = [
  ["login --user ada", 5, "unreachable", "error"],
  ["login --status", 5, "unreachable", "error"],
];
const UNREACHABLE = [...everyCommand(5, "unreachable"), ...LOGIN];
const REFUSED = everyCommand(4, "refused", "unknown");
const NOT_SWARM = [...everyCommand(5, "unreachable", "unknown", 4), ...LOGIN];

Deno.test("every command exits with 5 if no server answers", async () => {
  await using stage = await openStage();
  await stage.server.stop();
  await checkCells(stage, "No server answers", UNREACHABLE);
});

Deno.test("every command exits with 5 if the server hangs", async () => {
  await using stage = await openStage();
  stage.server.fault({ route: "*", kind: "hang", times: Infinity });
  await checkCells(stage, "The server hangs", UNREACHABLE, ["--request-timeout", "50ms"]);
});

Deno.test("every command exits with 5 if what answers is not SwarmUI, and wait with 4", async () => {
  await using page = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("<html>hello</html>", { headers: { "content-type": "text/html" } }),
  );
  await using stage = await openStage();
  const url = `http://127.0.0.1:${page.addr.port}`;
  await checkCells(stage, "What answers is not SwarmUI", NOT_SWARM, ["--api-url", url]);
});

const LOCKED: readonly (readonly ["a login" | "a header", SimulatorOptions])[] = [
  ["a login", { accounts: [{ name: "ada" }] }],
  ["a header", { requiredAuthorization: "Bearer k3y" }],
];

for (const [what, options] of LOCKED) {
  Deno.test(`every command exits with 4 if the server wants ${what}`, async () => {
    await using stage = await openStage(options);
    const isLogin = what === "a login";
    await checkCells(stage, `The server requires ${what}`, [
      ...REFUSED,
      ["login --user ada", isLogin ? 2 : 4, isLogin ? "usage" : "refused", "error"],
      ["login --status", 4, "refused", isLogin ? "login" : "error"],
    ]);
  });
}

Deno.test("commands that need to see the whole server say so if the permission is missing", async () => {
  await using stage = await openStage({ role: "user" });
  await checkCells(stage, "This account may not see the whole server", [
    ["status", 0, null, "status"],
    ["status --exit-code", 4, null, "status"],
    ["wait", 4, "unknown", "status"],
    ["wait --idle-for 1m", 4, "unknown", "status"],
    ["wait --assume likely", 4, "unknown", "status"],
    ["wait --assume idle", 0, null, "status"],
    ["wait --assume idle --idle-for 1m", 4, "unknown", "status"],
    ["wait --assume busy --timeout 0", 3, "timed_out", "status"],
    ["wait --once", 4, "unknown", "status"],
    ["wait --once --assume idle", 0, null, "status"],
    ["wait --once --assume busy", 8, "busy", "status"],
    ["cancel", 0, null, "cancel"],
    ["cancel --everyone --yes", 4, "unknown", "cancel"],
    ["doctor", 4, "unknown", "doctor"],
    ["models list", 0, null, "models"],
    ["models get tiny", 0, null, "model"],
    ["models load tiny", 4, "refused", "error"],
    ["samplers list", 0, null, "choices"],
    ["schedulers list", 0, null, "choices"],
    ["backends list", 4, "refused", "error"],
    ["presets list", 0, null, "presets"],
  ]);
});

Deno.test("without permission to see models they are refused", async () => {
  await using stage = await openStage({ permissions: [] });
  await checkCells(stage, "This account may see nothing", [
    ["models list", 4, "refused", "error"],
    ["models get tiny", 4, "refused", "error"],
    ["models load tiny", 4, "refused", "error"],
    ["samplers list", 4, "refused", "error"],
    ["schedulers list", 4, "refused", "error"],
    ["backends list", 4, "refused", "error"],
    ["presets list", 4, "refused", "error"],
  ]);
});

Deno.test("a busy server gives exit codes 8 and 3 on request", async () => {
  await using stage = await openStage();
  await using generating = generateHere(["--batch", "2"], { stage });
  await stage.untilWorking(2);
  await untilRecorded(stage, "generating");
  const told = await runCells(stage, [
    ["status", 0, null, "status"],
    ["status --exit-code", 8, null, "status"],
    ["wait --timeout 0", 3, "timed_out", "status"],
    ["wait --timeout 0 --timeout-exit-code 42", 42, "timed_out", "status"],
    ["wait --timeout 0 --timeout-exit-code 0", 0, "timed_out", "status"],
    ["wait --once", 8, "busy", "status"],
    ["wait --once --idle-for 1m", 8, "busy", "status"],
    ["doctor", 0, null, "doctor"],
  ]);
  const cancelled = await runCells(stage, [["cancel", 0, null, "cancel"]]);
  await stage.finish();
  const cell: Cell = ["generate image -p cat -b 2", 130, "interrupted", "generate"];
  const ended = checkCell(cell, await generating.ended);
  await checkTold(stage, "A generation is running", [...told, ...cancelled, ended]);
});

Deno.test("an unusable directory for state affects only what is stored there", async () => {
  await using stage = await openStage();
  await Deno.writeTextFile(stage.stateDirectory, "not a directory");
  await Deno.mkdir(stage.stateFile);
  await checkCells(stage, "The places for state cannot be used", [
    ["status", 0, null, "status"],
    ["status --exit-code", 0, null, "status"],
    ["wait", 0, null, "status"],
    ["wait --once", 0, null, "status"],
    ["wait --once --idle-for 1m", 1, "state_file", "error"],
    ["login --user ada", 1, "state_file", "error"],
    ["cancel", 0, null, "cancel"],
    ["cancel --all", 4, "unknown", "cancel"],
    ["doctor", 0, null, "doctor"],
  ]);
});

Deno.test("a result that cannot be written is a failure", async () => {
  await using stage = await openStage();
  const output = ["--output", `${stage.here}/missing/result.json`];
  await checkCells(stage, "The result cannot be written", [
    ["status", 1, "failed", "error"],
    ["status --exit-code", 1, "failed", "error"],
    ["wait --once", 1, "failed", "error"],
    ["cancel", 1, "failed", "error"],
    ["cancel --everyone --yes", 1, "failed", "error"],
    ["doctor", 1, "failed", "error"],
    ["models list", 1, "failed", "error"],
    ["models get tiny", 1, "failed", "error"],
    ["samplers list", 1, "failed", "error"],
    ["backends list", 1, "failed", "error"],
    ["presets list", 1, "failed", "error"],
  ], output);
});

Deno.test("an invalid command line exits with 2", async () => {
  await using stage = await openStage();
  await checkCells(stage, "The command line makes no sense", [
    ["status --watch --exit-code", 2, "usage", "error"],
    ["status --interval 5s", 2, "usage", "error"],
    ["wait --once --timeout 1m", 2, "usage", "error"],
    ["wait --timeout-exit-code 1", 2, "usage", "error"],
    ["wait --idle-for soon", 2, "usage", "error"],
    ["wait --assume perhaps", 2, "usage", "error"],
    ["cancel gen-nobody", 2, "usage", "cancel"],
    ["cancel gen-nobody --all", 2, "usage", "cancel"],
    ["cancel --all --everyone", 2, "usage", "cancel"],
    ["cancel --older-than 1h", 2, "usage", "cancel"],
    ["cancel one two", 2, "usage", "error"],
    ["events --output events.json", 2, "usage", "error"],
    ["events --interval 1ms", 2, "usage", "error"],
    ["doctor everything", 2, "usage", "error"],
    ["simulate --role user --permission view_backends_list", 2, "usage", "error"],
    ["simulate --port 65536", 2, "usage", "error"],
    ["serve --host 0.0.0.0", 2, "usage", "error"],
    ["serve --host http://127.0.0.1", 2, "usage", "error"],
    ["serve --interval 2m", 2, "usage", "error"],
    ["generate images", 2, "usage", "error"],
    ["models lst", 2, "usage", "error"],
    ["models list sdxl", 2, "usage", "error"],
    ["models list --limit 0", 2, "usage", "error"],
    ["models get", 2, "usage", "error"],
    ["models get nosuch", 2, "usage", "error"],
    ["models load", 2, "usage", "error"],
    ["models load nosuch", 2, "usage", "error"],
    ["models load tiny --timeout 0", 2, "usage", "error"],
    ["nonsense", 2, "usage", "error"],
    ["image -p cat", 2, "usage", "error"],
    ["staus", 2, "usage", "error"],
    ["status --exit-cod", 2, "usage", "error"],
    ["status --output cat.png", 2, "usage", "error"],
    ["status --output yaml", 2, "usage", "error"],
    ["status --state-file /dev/null", 2, "usage", "error"],
    ["status --api-url ftp://127.0.0.1", 2, "usage", "error"],
    ["status --quiet --verbose", 2, "usage", "error"],
    ["generate image cat", 2, "usage", "error"],
    ["generate image", 2, "usage", "error"],
    ["generate image -p cat --lora ink:x", 2, "usage", "error"],
    ["generate image -p cat --lora nosuch", 2, "usage", "error"],
    ["generate image -p cat --model nosuch", 2, "usage", "error"],
    ["generate image -p cat --sampler eulr", 2, "usage", "error"],
    ["generate image -p cat --output-dir out", 2, "usage", "error"],
    ["generate image -p cat --save-images --output-dir -", 2, "usage", "error"],
    ["generate image -p cat --save-images --filename-template ../../x", 2, "usage", "error"],
    ["generate image -p cat --save-images --filename-template {sead}", 2, "usage", "error"],
  ]);
});

Deno.test("every command exits with 4 if Deno does not let it connect", {
  ignore: HAS_OWN_PERMISSIONS,
}, async () => {
  await using stage = await openStage();
  const permissions = SHIPPED_PERMISSIONS.filter((flag) => !flag.startsWith("--allow-net"));
  const cells: readonly Cell[] = [
    ["status --exit-code", 4, "not_permitted", "status"],
    ["wait", 4, "unknown", "status"],
    ["wait --once --idle-for 1m", 4, "unknown", "status"],
    ["cancel", 4, "not_permitted", "cancel"],
    ["cancel --everyone --yes", 4, "not_permitted", "cancel"],
    ["models list", 4, "not_permitted", "error"],
    ["models get tiny", 4, "not_permitted", "error"],
    ["models load tiny", 4, "not_permitted", "error"],
    ["samplers list", 4, "not_permitted", "error"],
    ["backends list", 4, "not_permitted", "error"],
    ["presets list", 4, "not_permitted", "error"],
    ["doctor", 4, "not_permitted", "doctor"],
    ["simulate --port 0", 4, "not_permitted", "error"],
    ["serve --port 0", 4, "not_permitted", "error"],
  ];
  async function run(cell: Cell): Promise<Told> {
    const result = await stage.run([...cell[0].split(" "), "--format", "json"], { permissions });
    assert(result.err.includes("--allow-net"), result.err);
    return checkCell(cell, result);
  }
  const told = await Promise.all(cells.map(run));
  // After the others, because its record would show them a generation.
  const generating = await run(["generate image -p cat", 4, "not_permitted", "error"]);
  await checkTold(stage, "Deno may not connect", [...told, generating]);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`a command that runs until it is stopped exits with 130 at ${signal}`, {
    // Windows has no way to send a signal that a process can listen for.
    ignore: Deno.build.os === "windows",
  }, async () => {
    await using stage = await openStage();
    await using generating = generateHere(["--batch", "2"], { stage });
    await stage.untilWorking(2);
    await untilRecorded(stage, "generating");
    const cells: readonly Cell[] = [
      ["wait", 130, "interrupted", "status"],
      ["events", 130, null, "event"],
      ["status --watch", 130, null, "status"],
    ];
    const runs = cells.map(async (cell) => {
      await using watching = stage.start([...cell[0].split(" "), "--format", "json"]);
      const first = await watching.nextLine();
      watching.process.kill(signal);
      const { code, out, err } = await watching.end();
      return checkCell(cell, { code, out: `${first}\n${out}`, err });
    });
    await checkTold(stage, `${signal} comes`, await Promise.all(runs));
    await stage.finish();
    assertEquals((await generating.ended).code, 0);
  });
}

Deno.test("the page of messages reports these troubles and no others", async () => {
  assertEquals(await messageHeadings(), TROUBLES);
});
