/** Interrupting, where the recordings do not go (`swarmui-protocol.md §8`). */
import { assertEquals } from "@std/assert";
import { fetchHere } from "../support/http_clients.ts";
import { bench } from "./client.ts";

const INTERRUPTED = { error: "Generation session interrupted." };

Deno.test("InterruptAll empties the counters at once, while ComfyUI ends its step", async () => {
  await using b = await bench();
  const session = await b.session();
  const running = await b.begin({ session_id: session, images: 3 });
  await b.clock.advance(1_500);
  assertEquals((await b.call("InterruptAll", { session_id: session })).body, { success: true });
  assertEquals((await running.answer).body, INTERRUPTED);
  assertEquals([b.allCounters(), b.simulator.comfyJobs(0)], ["0,0,0,0", 1]);
  await b.clock.advance(1_000);
  assertEquals(b.simulator.comfyJobs(0), 0);
});

Deno.test("InterruptAll with a new session stops nothing, and still says yes", async () => {
  await using b = await bench();
  const [session, fresh] = [await b.session(), await b.session()];
  const running = await b.begin({ session_id: session });
  assertEquals((await b.call("InterruptAll", { session_id: fresh })).body, { success: true });
  assertEquals(await b.counters(session), "1,0,0,1");
  assertEquals(Array.isArray((await b.settle(running.answer)).body.images), true);
});

Deno.test("InterruptAll with other_sessions stops one user's work, nobody else's", async () => {
  await using b = await bench({ backends: [{ model: "tiny.safetensors", maxUsages: 4 }] });
  const fresh = await b.session();
  const own = await b.begin({ session_id: await b.session() });
  const alices = await b.begin({ session_id: await b.session({ "X-SWARM-USER_ID": "alice" }) });
  await b.call("InterruptAll", { session_id: fresh, other_sessions: true });
  assertEquals((await own.answer).body, INTERRUPTED);
  assertEquals(b.allCounters(), "1,0,0,1");
  assertEquals(Array.isArray((await b.settle(alices.answer)).body.images), true);
});

Deno.test("AdminInterruptUser stops the work of the user that it names", async () => {
  await using b = await bench({ backends: [{ model: "tiny.safetensors", maxUsages: 4 }] });
  const local = await b.session();
  const own = await b.begin({ session_id: local });
  const alices = await b.begin({ session_id: await b.session({ "X-SWARM-USER_ID": "alice" }) });
  await b.call("AdminInterruptUser", { session_id: local, name: "alice" });
  assertEquals((await alices.answer).body, INTERRUPTED);
  assertEquals(Array.isArray((await b.settle(own.answer)).body.images), true);
});

Deno.test("InterruptAll does not affect later requests", async () => {
  await using b = await bench();
  const session = await b.session();
  const first = await b.begin({ session_id: session });
  await b.call("InterruptAll", { session_id: session });
  const second = await b.begin({ session_id: session });
  assertEquals((await first.answer).body, INTERRUPTED);
  assertEquals(Array.isArray((await b.settle(second.answer)).body.images), true);
});

Deno.test("InterruptAll during a load leaves no error, no images, and the load to ComfyUI", async () => {
  await using b = await bench();
  const session = await b.session();
  const running = await b.begin({ session_id: session, images: 2, model: "other/second" });
  await b.clock.advance(1_000);
  await b.call("InterruptAll", { session_id: session });
  assertEquals((await running.answer).body, { images: [] });
  assertEquals([b.allCounters(), b.simulator.comfyJobs(0)], ["0,0,0,0", 1]);
  await b.clock.advance(4_100);
  assertEquals(b.simulator.comfyJobs(0), 0);
  const { text } = await b.call("ListBackends", { session_id: session, full_data: true });
  assertEquals(text.includes('"current_model":"other/second.safetensors"'), true);
});

Deno.test("InterruptAll gives up the finished images of an HTTP request, but not their files", async () => {
  await using b = await bench();
  const session = await b.session();
  const running = await b.begin({ session_id: session, images: 3 });
  await b.clock.advance(5_000);
  await b.call("InterruptAll", { session_id: session });
  assertEquals((await running.answer).body, INTERRUPTED);
  const listed = await b.call("ListImages", { session_id: session, path: "raw", depth: 2 });
  assertEquals(Array.isArray(listed.body.files) && listed.body.files.length, 1);
});

Deno.test("InterruptAll never stops a job that was sent straight to ComfyUI", async () => {
  await using b = await bench();
  const session = await b.session();
  const answer = await fetchHere(`${b.simulator.url}/ComfyBackendDirect/prompt`, {
    method: "POST",
    body: JSON.stringify({ prompt: { "4": { inputs: { steps: 3 } } } }),
  });
  await answer.body?.cancel();
  await b.call("InterruptAll", { session_id: session, other_sessions: true });
  await b.clock.advance(2_500);
  assertEquals(b.simulator.comfyJobs(0), 1);
});
