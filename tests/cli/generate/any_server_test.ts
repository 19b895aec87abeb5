/** `generate --server any`: the server that suits best, and the next one if that one refuses. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { SimulatorOptions } from "../../../src/simulator/options.ts";
import { rightsOfRole, startSimulator } from "../../../src/simulator/simulator.ts";
import type { Simulator } from "../../../src/simulator/simulator.ts";
import type { CliResult } from "../../support/cli_process.ts";
import { loadSchema, readBy } from "../../support/json_schema.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { otherClient } from "../../support/other_client.ts";
import { MemoryTerminal } from "../../support/memory_terminal.ts";
import { generateHere, runHere, startHere, trackHere } from "../../support/program_here.ts";
import { MODEL, openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";
import { waitFor } from "../../support/wait_for.ts";

const isResult = await loadSchema("generate.v1.json");
const ENV = { ASSET_GENERATOR_API_URL: "" };

/** Another server, as fast as the test wants. */
async function startServer(options: SimulatorOptions = {}): Promise<Simulator> {
  return await startSimulator({
    models: [{ name: MODEL }],
    backends: [{ model: MODEL }],
    secondsPerStep: 0.001,
    closePauseMs: 0,
    ...options,
  });
}

async function configure(
  stage: Stage,
  servers: Readonly<Record<string, Pick<Simulator, "url">>>,
): Promise<readonly string[]> {
  const path = `${stage.here}/config.yaml`;
  const lines = Object.entries(servers).map(([name, { url }]) =>
    `  ${name}: { api-url: "${url}" }\n`
  );
  await Deno.writeTextFile(path, `servers:\n${lines.join("")}`);
  return ["--config", path];
}

/** How many generations were sent to a server. */
function sent({ requests }: Simulator): number {
  return requests.filter(({ route, method }) =>
    method === "FRAME" && route === "GenerateText2ImageWS"
  ).length;
}

async function generate(stage: Stage, args: readonly string[]): Promise<CliResult> {
  return await runHere(
    ["generate", "image", "--prompt", "a cat", "--server", "any", ...args],
    { stage, env: ENV },
  );
}

Deno.test("--server any takes an idle server with the model, and says so", async () => {
  await using stage = await openStage();
  await using cold = await startServer({ backends: 1 });
  await using warm = await startServer();
  const other = await otherClient(stage.server.url);
  await using _work = other.generate(2);
  await stage.untilWorking(2);
  const config = await configure(stage, { busy: stage.server, cold, warm });
  const { code, out, err } = await generate(stage, [...config, "--format", "json"]);
  assertEquals(code, 0, err);
  const { server, server_url } = readBy(isResult, out) as Record<string, unknown>;
  assertEquals([server, server_url], ["warm", warm.url]);
  assertStringIncludes(err, "Using warm: idle, and has a model loaded\n");
  assertEquals([sent(cold), sent(warm)], [0, 1]);
});

Deno.test("--server any goes to the next server if one has no such model, or no right", async () => {
  await using stage = await openStage();
  const rights = rightsOfRole("owner").filter((right) =>
    right !== "basic_image_generation" && right !== "*"
  );
  await using forbidden = await startServer({ permissions: rights });
  await using other = await startServer({ models: [{ name: "other.safetensors" }], backends: 1 });
  const clock = new ManualClock(Date.now());
  await using last = await startServer({ clock });
  // It answers when its time passes: the others are known before.
  last.fault({ route: "GetNewSession", kind: "slow", delayMs: 1_000 });
  const config = await configure(stage, { forbidden, other, last });
  const terminal = new MemoryTerminal();
  await using running = startHere(
    ["generate", "image", "--prompt", "a cat", "--server", "any", ...config, "--model", "tiny"],
    { stage, env: ENV, terminal },
  );
  await waitFor(() => terminal.errText.includes("forbidden does not make it: "), {
    what: "the first server to refuse it",
  });
  let isOver = false;
  void running.ended.then(() => isOver = true);
  await waitFor(() => clock.advance(1_000).then(() => isOver), { what: "the last server's turn" });
  const { code, out, err } = await running.ended;
  assertEquals(code, 0, err);
  assertStringIncludes(out, last.url);
  assertStringIncludes(err, "Using forbidden: ");
  assertEquals([sent(other), sent(last)], [0, 1]);
});

Deno.test("--server any sends nothing anew once a server may have queued it", async () => {
  await using stage = await openStage();
  await using first = await startServer();
  await using second = await startServer();
  const config = await configure(stage, { first, second });
  first.failNext("node_error");
  second.failNext("node_error");
  const { code, err } = await generate(stage, config);
  // Either may have answered first.
  assertEquals([code, sent(first) + sent(second)], [1, 1], err);
});

Deno.test("--server any waits for no server that hangs if an idle one is known", async () => {
  await using stage = await openStage();
  await using hanging = await startServer();
  hanging.fault({ route: "*", kind: "hang", times: Infinity });
  await using idle = await startServer();
  const [here, there] = [new ManualClock(Date.now()), new ManualClock(Date.now())];
  await using other = await startServer({ clock: there });
  other.fault({ route: "GetNewSession", kind: "slow", delayMs: 1_000 });
  const servers = { hanging, gone: { url: "http://127.0.0.1:1" }, idle, other };
  const terminal = new MemoryTerminal();
  await using running = startHere(
    ["generate", "image", "-p", "a cat", "--server", "any", ...await configure(stage, servers)],
    { stage, env: { ...ENV, ASSET_GENERATOR_REQUEST_TIMEOUT: "10m" }, terminal, clock: here },
  );
  const isLookedAt = ({ requests }: Simulator): boolean =>
    requests.some(({ route }) => route === "ComfyBackendDirect");
  await waitFor(() => isLookedAt(idle), { what: "the first answer" });
  // The second one comes while more answers are waited for.
  await waitFor(() => there.advance(1_000).then(() => isLookedAt(other)), {
    what: "the second answer",
  });
  let isOver = false;
  void running.ended.then(() => isOver = true);
  const pass = async (): Promise<boolean> => {
    await Promise.all([here.advance(100), there.advance(100)]);
    return isOver;
  };
  await waitFor(pass, { what: "the generation to end", timeoutMs: 30_000 });
  const { code, err } = await running.ended;
  assertEquals(code, 0, err);
  assertMatch(err, /^Using (idle|other): /m);
});

Deno.test("--server any takes the server with the least to do if none is idle", async () => {
  await using stage = await openStage();
  const clock = new ManualClock(Date.now());
  await using two = await startSimulator({
    ...{ models: [{ name: MODEL }], backends: [{ model: MODEL }, { model: MODEL }], clock },
  });
  for (const [server, images] of [[stage.server, 2], [two, 3]] as const) {
    const other = await otherClient(server.url);
    void other.generate(images);
    await waitFor(() => server.requests.some(({ path }) => path.includes("GenerateText2Image")), {
      what: "the work of others",
    });
  }
  await stage.untilWorking(2);
  const config = await configure(stage, { one: stage.server, two });
  const { out, err, code } = await generate(stage, [...config, "--dry-run", "--format", "json"]);
  assertEquals(code, 0, err);
  assertStringIncludes(out, two.url);
  assertStringIncludes(err, "Using two: busy, with the least to do: 3 images for 2 backends\n");
});

Deno.test("--server any sees the generation that another process has just announced", async () => {
  await using stage = await openStage();
  await using other = await startServer();
  await using _pending = await trackHere({ stage, images: 3 });
  const config = await configure(stage, { first: stage.server, other });
  const { code, err } = await generate(stage, config);
  assertEquals(code, 0, err);
  assertStringIncludes(err, "Using other: ");
});

Deno.test("--server any of several processes at once takes a server each", async () => {
  await using stage = await openStage();
  await using b = await startServer({ secondsPerStep: 5 });
  await using c = await startServer({ secondsPerStep: 5 });
  const config = await configure(stage, { a: stage.server, b, c });
  const runs = [0, 1, 2].map(() =>
    generateHere(["--server", "any", ...config], { stage, env: ENV })
  );
  try {
    await waitFor(() => [stage.server, b, c].every((server) => sent(server) === 1), {
      what: "a generation on each server",
    });
  } finally {
    await Promise.all(runs.map((run) => run[Symbol.asyncDispose]()));
  }
});

Deno.test("--server any says why of each server if none can be used", async () => {
  await using stage = await openStage();
  await using other = await startServer({ models: [{ name: "other.safetensors" }], backends: 1 });
  const config = await configure(stage, { gone: { url: "http://127.0.0.1:1" }, other });
  const result = await generate(stage, [...config, "--model", "tiny"]);
  assertEquals(result.code, 2, result.err);
  assertStringIncludes(result.err, "Error: Cannot generate on any of 2 servers: ");
  assert(/gone: cannot reach .*; other: cannot/i.test(result.err), result.err);
  const refused = await generate(stage, [...config, "--token", "x"]);
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.err, "Cannot use --token with --server any: it means one server");
});
