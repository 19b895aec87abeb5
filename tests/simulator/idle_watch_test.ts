/** Backends with AllowIdle (`swarmui-protocol.md §20.1`). */
import { assertEquals, assertRejects } from "@std/assert";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { type Bench, bench } from "./client.ts";
import { backendsOf, queueOf } from "./look.ts";
import { nextTurn } from "../support/manual_clock.ts";

const WARM = { type: "comfyui_api", model: "tiny.safetensors" };
const ALLOW_IDLE = { backends: [{ ...WARM, allowIdle: true }] };

async function look(b: Bench, session: string): Promise<readonly string[]> {
  return [...await backendsOf(b, { session }), await queueOf(b), await queueOf(b, 0)];
}

Deno.test("a node that fails makes an AllowIdle backend idle until the next check, with or without jobs", async () => {
  await using b = await bench(ALLOW_IDLE);
  const session = await b.session();
  await b.clock.advance(2_000);
  b.simulator.failNext("node_error");
  const failing = await b.begin({ session_id: session });
  b.simulator.addComfyJob(0, 60_000);
  await b.clock.advance(2_100);
  await failing.answer;
  assertEquals(await look(b, session), ["0 idle 0", "400", "400"]);
  assertEquals(b.simulator.comfyJobs(0), 1);
  await b.clock.advance(800);
  assertEquals(await look(b, session), ["0 idle 0", "400", "400"]);
  await b.clock.advance(200);
  assertEquals(await look(b, session), ["0 running 1", "queue 1", "queue 1"]);
});

Deno.test("a workflow that ComfyUI refuses makes no backend idle", async () => {
  await using b = await bench(ALLOW_IDLE);
  const session = await b.session();
  b.simulator.failNext("refused");
  await b.settle((await b.begin({ session_id: session })).answer);
  assertEquals((await look(b, session)).at(-1), "queue 0");
});

Deno.test("when one of two live runs fails, the other goes on", async () => {
  await using b = await bench(ALLOW_IDLE);
  const session = await b.session();
  b.simulator.failNext("node_error");
  const running = await b.begin({ session_id: session, images: 2 });
  await b.clock.advance(2_100);
  assertEquals(await backendsOf(b, { session }), ["0 idle 0"]);
  assertEquals([b.allCounters(), b.simulator.comfyJobs(0)], ["1,0,0,1", 1]);
  await b.settle(running.answer);
});

Deno.test("a model load that fails makes the backend idle without changing its age", async () => {
  await using b = await bench(ALLOW_IDLE);
  const session = await b.session();
  b.simulator.addComfyJob(0, 60_000);
  b.simulator.failNext("load_failed");
  const { body } = await b.call("SelectModel", { session_id: session, model: "other/second" });
  assertEquals(body, { error: "Model failed to load." });
  assertEquals(await look(b, session), ["0 idle Never", "400", "400"]);
  await b.clock.advance(5_000);
  assertEquals(await look(b, session), ["0 running Never", "queue 1", "queue 1"]);
});

Deno.test("a ComfyUI that dies at rest is noticed at the next check, and so is its return", async () => {
  await using b = await bench(ALLOW_IDLE);
  const session = await b.session();
  b.simulator.killComfy(0);
  assertEquals(await look(b, session), ["0 running Never", "500", "500"]);
  await b.clock.advance(5_000);
  assertEquals(await look(b, session), ["0 idle Never", "400", "400"]);
  b.simulator.reviveComfy(0);
  await b.clock.advance(4_900);
  assertEquals(await look(b, session), ["0 idle Never", "400", "400"]);
  await b.clock.advance(100);
  assertEquals(await look(b, session), ["0 running Never", "queue 0", "queue 0"]);
});

Deno.test("a ComfyUI that dies in a run is noticed at once", async () => {
  await using b = await bench(ALLOW_IDLE);
  const session = await b.session();
  const running = await b.begin({ session_id: session });
  b.simulator.killComfy(0);
  await running.answer;
  assertEquals(await backendsOf(b, { session }), ["0 idle 0"]);
});

Deno.test("a request to an idle backend is served if the next check comes within a second", async () => {
  await using b = await bench(ALLOW_IDLE);
  const session = await b.session();
  b.simulator.failNext("load_failed", 2);
  await b.call("SelectModel", { session_id: session, model: "other/second" });
  const late = await b.begin({ session_id: session });
  await b.clock.advance(1_000);
  assertEquals((await late.answer).body, { error: "No backends available!" });
  await b.clock.advance(3_500);
  const early = await b.begin({ session_id: session });
  await b.clock.advance(500);
  assertEquals(b.allCounters(), "1,0,0,1");
  await b.settle(early.answer);
});

Deno.test("setBackendStatus() is not changed by checks until the backend is running again", async () => {
  await using b = await bench(ALLOW_IDLE);
  const session = await b.session();
  b.simulator.setBackendStatus(0, "idle");
  await b.clock.advance(60_000);
  assertEquals(await backendsOf(b, { session }), ["0 idle Never"]);
  b.simulator.setBackendStatus(0, "running");
  b.simulator.killComfy(0);
  await b.clock.advance(5_000);
  assertEquals(await backendsOf(b, { session }), ["0 idle Never"]);
});

Deno.test("a server without AllowIdle makes no checks", async () => {
  await using quiet = await bench();
  assertEquals(quiet.clock.sleeperCount, 0);
});

Deno.test("a ComfyUI that hangs does not answer, does not work and does not release runs", async () => {
  await using b = await bench();
  const session = await b.session();
  const running = await b.begin({ session_id: session, images: 2 });
  await b.clock.advance(1_500);
  b.simulator.hangComfy(0);
  const queue = queueOf(b, 0);
  await b.clock.advance(60_000);
  const { body } = await b.call("InterruptAll", { session_id: session });
  assertEquals(body, { success: true });
  await b.clock.advance(60_000);
  assertEquals([b.allCounters(), b.simulator.comfyJobs(0)], ["2,0,0,2", 2]);
  assertEquals(await backendsOf(b, { session }), ["0 running 121"]);
  b.simulator.resumeComfy(0);
  assertEquals((await running.answer).body, { error: "Generation session interrupted." });
  assertEquals(["queue 1", "queue 2"].includes(await queue), true);
  assertEquals([b.allCounters(), b.simulator.comfyJobs(0)], ["0,0,0,0", 1]);
  await b.clock.advance(1_000);
  assertEquals(b.simulator.comfyJobs(0), 0);
});

Deno.test("an AllowIdle backend whose ComfyUI hangs is idle until that continues", async () => {
  await using b = await bench(ALLOW_IDLE);
  const session = await b.session();
  b.simulator.addComfyJob(0, 60_000);
  b.simulator.hangComfy(0);
  await b.clock.advance(5_000);
  assertEquals(await look(b, session), ["0 idle Never", "400", "400"]);
  await b.clock.advance(5_000);
  b.simulator.resumeComfy(0);
  // the look's question was still waiting for its answer
  assertEquals(await look(b, session), ["0 running Never", "queue 1", "queue 1"]);
});

Deno.test("a simulator closes while a direct call waits for a ComfyUI that hangs", async () => {
  const b = await bench();
  b.simulator.hangComfy(0);
  const call = queueOf(b, 0).catch(() => "no answer");
  while (b.simulator.requests.length === 0) await nextTurn();
  await b.simulator.close();
  assertEquals(await call, "no answer");
});

Deno.test("a simulator that cannot get a port leaves nothing behind", async () => {
  await using first = await startSimulator();
  const options = { ...ALLOW_IDLE, port: first.port };
  await assertRejects(() => startSimulator(options), Deno.errors.AddrInUse);
});
