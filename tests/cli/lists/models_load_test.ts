/** `models load`: what it waits for, what it prints, and how it ends. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { SimulatorOptions } from "../../../src/simulator/simulator.ts";
import { fetchHere } from "../../support/http_clients.ts";
import { MemoryTerminal } from "../../support/memory_terminal.ts";
import { runHere, startHere } from "../../support/program_here.ts";
import type { HereOptions, OwnRun } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";
import type { CliResult } from "../../support/cli_process.ts";

function open(more: Omit<SimulatorOptions, "clock"> = {}): Promise<Stage> {
  return openStage({
    models: [{ name: "sdxl/base.safetensors" }, { name: "tiny.safetensors" }],
    loras: ["ink.safetensors"],
    backends: [{ model: "tiny.safetensors" }, { title: "left" }],
    loadSeconds: 5,
    ...more,
  });
}

/** Starts a load, and waits until the server is working on it. */
async function load(stage: Stage, line: string, options: HereOptions = {}): Promise<OwnRun> {
  const run = startHere(["models", "load", ...line.split(" ")], { stage, ...options });
  await stage.untilAsked("SelectModel");
  return run;
}

/** Lets time pass until a command has ended. */
async function end(stage: Stage, run: OwnRun): Promise<CliResult> {
  let isOver = false;
  void run.ended.then(() => isOver = true);
  await stage.pass(() => isOver);
  return await run.ended;
}

Deno.test("models load waits until the backends have the model, and names them", async () => {
  await using stage = await open();
  await using run = await load(stage, "base");
  const { code, out, err } = await end(stage, run);
  assertEquals([code, err], [0, "Loading sdxl/base.safetensors\n"]);
  assertMatch(out, /^Loaded sdxl\/base\.safetensors on backend 0, backend 1 \(left\) in \d\S*\n$/);
  const listed = await runHere(["models", "list", "--loaded", "-q"], { stage });
  assertEquals(listed.out, "sdxl/base.safetensors\n");
});

Deno.test("models load as a document, and with --quiet", async () => {
  await using stage = await open();
  await using run = await load(stage, "tiny --format json");
  const { elapsed_seconds, ...document } = JSON.parse((await end(stage, run)).out);
  assert(elapsed_seconds >= 0);
  assertEquals(document, {
    schema_version: 1,
    server_url: stage.server.url,
    model: "tiny.safetensors",
    loaded_on: [0, 1],
    error: null,
  });
  await using quiet = startHere(["models", "load", "tiny", "--quiet"], { stage });
  assertEquals(await end(stage, quiet), { code: 0, out: "tiny.safetensors\n", err: "" });
});

Deno.test("on a terminal models load draws one line again and takes it away", async () => {
  await using stage = await open();
  const terminal = new MemoryTerminal({ isTerminal: true, columns: 24 });
  await using run = await load(stage, "base", { terminal });
  const { err } = await end(stage, run);
  assert(err.startsWith("\r\x1b[2K0s: loading sdxl/base.…"), err);
  assert(err.endsWith("\r\x1b[2K"), err);
  await using dumb = startHere(["models", "load", "tiny"], {
    stage,
    terminal: new MemoryTerminal({ isTerminal: true, isDumb: true }),
  });
  assertEquals((await end(stage, dumb)).err, "Loading tiny.safetensors\n");
});

Deno.test("models load says why a model was not loaded", async () => {
  await using stage = await open({ backends: [{ status: "errored" }] });
  const { code, err } = await runHere(["models", "load", "base"], { stage });
  assertEquals([code, err], [
    1,
    "Loading sdxl/base.safetensors\n" +
    `Error: Cannot load sdxl/base.safetensors on ${stage.server.url}: no backend could load it ` +
    "(the server's log says why)\n",
  ]);
  const lora = await runHere(["models", "load", "ink"], { stage });
  assertEquals([lora.code, lora.err], [
    2,
    'Error: Cannot find "ink": the server has no such model of type checkpoint (but a model of ' +
    "type lora: --type lora)\n",
  ]);
});

Deno.test("Ctrl-C and --timeout end the waiting and not the load, and say so", async () => {
  await using stage = await open();
  await using run = await load(stage, "base");
  run.interrupt();
  const { code, err } = await run.ended;
  assertEquals([code, err], [
    130,
    "Loading sdxl/base.safetensors\nError: Interrupted by SIGINT: the server goes on loading " +
    "sdxl/base.safetensors (asset-generator models list --loaded says when it is done)\n",
  ]);
  const late = await runHere(["models", "load", "base", "--timeout", "100ms"], { stage });
  assertEquals([late.code, late.err], [
    3,
    "Loading sdxl/base.safetensors\nError: Waited 100ms in vain: the server goes on loading " +
    "sdxl/base.safetensors (asset-generator models list --loaded says when it is done)\n",
  ]);
  let names = "";
  await stage.pass(() => stage.server.counters.loading_models === 0);
  names = (await runHere(["models", "list", "--loaded", "-q"], { stage })).out;
  assertEquals(names, "sdxl/base.safetensors\n");
});

Deno.test("a gateway that gives up meanwhile does not end the load: it is followed to its end", async () => {
  await using stage = await open();
  const pending: Promise<unknown>[] = [];
  await using gateway = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const path = new URL(request.url).pathname;
      const told = fetchHere(`${stage.server.url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: await request.text(),
      });
      if (!path.endsWith("/SelectModel")) return await told;
      pending.push(told.then((response) => response.text()));
      // The request must have arrived before the client gets an answer.
      await stage.untilAsked("SelectModel");
      return new Response("gateway timeout", { status: 504 });
    },
  );
  const url = `http://127.0.0.1:${gateway.addr.port}`;
  await using run = await load(stage, `base --api-url ${url}`);
  const { code, out } = await end(stage, run);
  assertEquals(code, 0);
  assertMatch(out, /^Loaded sdxl\/base\.safetensors on backend 0, /);
  await Promise.all(pending);
});

Deno.test("a server that goes away in the middle is reported as such", async () => {
  await using stage = await open();
  await using run = await load(stage, "base");
  await stage.server.stop();
  const { code, err } = await run.ended;
  assertEquals(code, 5, err);
  assertMatch(err, /^Error: Cannot load sdxl\/base\.safetensors on http:\S+: [^\n]+$/m);
});
