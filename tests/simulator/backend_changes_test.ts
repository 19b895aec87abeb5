/** Restarting, switching, editing and deleting backends (`swarmui-protocol.md §20.2, §20.3`). */
import { assertEquals } from "@std/assert";
import type { BackendChange } from "../../src/simulator/simulator.ts";
import { type Bench, bench } from "./client.ts";
import { backendsOf, queueOf } from "./look.ts";

async function look(b: Bench, session: string): Promise<readonly string[]> {
  return [...await backendsOf(b, { session }), await queueOf(b, 0), b.allCounters()];
}

const RESERVED: readonly (readonly [BackendChange, readonly string[], readonly string[]])[] = [
  ["restart", ["0 running 1"], ["0 running 0", "queue 1", "1,0,0,1"]],
  ["edit", ["0 running 1"], ["0 running 0", "queue 1", "1,0,0,1"]],
  ["switch_off", ["0 running 1 off"], ["0 disabled 0 off", "400", "1,0,0,1"]],
  ["delete", [], ["400", "1,0,0,1"]],
];

for (const [how, reserved, afterwards] of RESERVED) {
  Deno.test(`changeBackend() waits to ${how} a full backend, which accepts no more work`, async () => {
    await using b = await bench();
    const session = await b.session();
    const running = await b.begin({ session_id: session, images: 2 });
    await b.clock.advance(1_000);
    const changed = b.simulator.changeBackend(0, how);
    assertEquals(await look(b, session), [...reserved, "400", "2,0,0,2"]);
    await b.clock.advance(3_500);
    await changed;
    await b.clock.advance(50);
    assertEquals(await look(b, session), afterwards);
    assertEquals(b.simulator.comfyJobs(0), 1);
    assertEquals((await b.settle(running.answer)).body.error, undefined);
  });
}

Deno.test("requests fail that wait for a backend which is reserved", async () => {
  await using b = await bench();
  const session = await b.session();
  const running = await b.begin({ session_id: session, images: 3 });
  await b.clock.advance(500);
  const changed = b.simulator.changeBackend(0, "restart");
  await b.clock.advance(1_000);
  assertEquals(b.allCounters(), "3,0,0,2");
  assertEquals((await b.settle(running.answer)).body, { error: "No backends available!" });
  await changed;
});

Deno.test("ToggleBackend switches a backend off at once if it is not full, and its ComfyUI works on", async () => {
  await using b = await bench();
  const session = await b.session();
  b.simulator.addComfyJob(0, 10_000);
  const toggle = (enabled: boolean): Promise<unknown> =>
    b.call("ToggleBackend", { session_id: session, backend_id: 0, enabled }).then(({ body }) =>
      body
    );
  assertEquals(await toggle(false), { result: "Success." });
  assertEquals(await look(b, session), ["0 disabled Never off", "400", "0,0,0,0"]);
  assertEquals(b.simulator.comfyJobs(0), 1);
  await b.simulator.restart({ comfySurvives: true });
  assertEquals(await backendsOf(b, { session }), ["0 disabled Never off"]);
  b.simulator.addComfyJob(0, 10_000);
  assertEquals(b.simulator.comfyJobs(0), 2);
  assertEquals(await toggle(true), { result: "Success." });
  assertEquals(await look(b, session), ["0 waiting Never", "400", "0,0,0,0"]);
  await b.clock.advance(1_200);
  assertEquals(await look(b, session), ["0 running Never", "queue 2", "0,0,0,0"]);
});

Deno.test("an interrupted model load goes on in a backend that is switched off, with no age", async () => {
  await using b = await bench();
  const session = await b.session();
  const running = await b.begin({ session_id: session, model: "other/second" });
  await b.call("InterruptAll", { session_id: session });
  await running.answer;
  await b.simulator.changeBackend(0, "switch_off");
  assertEquals(await look(b, session), ["0 disabled Never off", "400", "0,0,0,0"]);
  assertEquals(b.simulator.comfyJobs(0), 1);
  await b.clock.advance(5_000);
  assertEquals(b.simulator.comfyJobs(0), 0);
});

Deno.test("a restart forgets an interrupted model load, which ComfyUI does not", async () => {
  await using b = await bench();
  const session = await b.session();
  const first = await b.begin({ session_id: session, model: "other/second" });
  await b.call("InterruptAll", { session_id: session });
  await first.answer;
  await b.simulator.changeBackend(0, "restart");
  await b.clock.advance(50);
  const second = await b.begin({ session_id: session, model: "tiny" });
  assertEquals([b.allCounters(), b.simulator.comfyJobs(0)], ["1,1,1,0", 2]);
  await b.settle(second.answer);
});

Deno.test("a model load that somebody waits for is waited for", async () => {
  await using b = await bench();
  const session = await b.session();
  const running = await b.begin({ session_id: session, model: "other/second" });
  const changed = b.simulator.changeBackend(0, "restart");
  assertEquals(await look(b, session), ["0 running Never", "400", "1,1,1,0"]);
  await b.settle(running.answer);
  await b.settle(changed);
});

Deno.test("an errored backend stays so when its ComfyUI is back, until it is restarted", async () => {
  await using b = await bench();
  const session = await b.session();
  b.simulator.killComfy(0);
  const changed = b.simulator.changeBackend(0, "restart");
  await b.clock.advance(50);
  assertEquals(await backendsOf(b, { session }), ["0 loading Never"]);
  await changed;
  await b.clock.advance(5_000);
  assertEquals(await backendsOf(b, { session }), ["0 errored Never"]);
  b.simulator.reviveComfy(0);
  b.simulator.addComfyJob(0, 60_000);
  await b.clock.advance(30_000);
  assertEquals(await look(b, session), ["0 errored Never", "400", "0,0,0,0"]);
  const { body } = await b.call("RestartBackends", { session_id: session });
  assertEquals(body, { result: "Success.", count: 1 });
  await b.clock.advance(50);
  assertEquals(await look(b, session), ["0 running Never", "queue 1", "0,0,0,0"]);
});

Deno.test("EditBackend and DeleteBackend answer as recorded; a deleted backend does not come back", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const edited = await b.call("EditBackend", { session_id, backend_id: 0, title: "x" });
  const { status, title, modcount } = edited.body;
  assertEquals([status, title, modcount], ["waiting", "x", 1]);
  await b.clock.advance(50);
  const deleted = await b.call("DeleteBackend", { session_id, backend_id: 0 });
  assertEquals(deleted.body, { result: "Deleted." });
  await b.simulator.restart();
  assertEquals(await backendsOf(b, { session: session_id }), []);
  const again = await b.call("DeleteBackend", { session_id, backend_id: 0 });
  assertEquals(again.body, { result: "Already didn't exist." });
});
