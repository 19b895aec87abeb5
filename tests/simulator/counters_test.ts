/** The counters, where the recordings do not go (`swarmui-protocol.md §5`). */
import { assertEquals } from "@std/assert";
import { fetchHere } from "../support/http_clients.ts";
import { bench } from "./client.ts";

Deno.test("GetCurrentStatus counts one session only, GetGlobalStatus all of them", async () => {
  await using b = await bench();
  const [first, second] = [await b.session(), await b.session()];
  const one = await b.begin({ session_id: first, images: 3 });
  const other = await b.begin({ session_id: second, images: 2 });
  assertEquals(await b.counters(first), "3,0,1,2");
  assertEquals(await b.counters(second), "2,0,2,0");
  assertEquals(b.allCounters(), "5,0,3,2");
  await b.settle(Promise.all([one.answer, other.answer]));
  assertEquals(b.allCounters(), "0,0,0,0");
});

Deno.test("GetCurrentStatus never shows nothing waiting between two images", async () => {
  await using b = await bench();
  const session = await b.session();
  const seen = new Set<string>();
  const watching = b.simulator.until((counters) => {
    seen.add(Object.values(counters).join());
    return counters.waiting_gens === 0 && seen.size > 3;
  });
  await b.settle((await b.begin({ session_id: session, images: 3 })).answer);
  await watching;
  const beforeLast = [...seen].slice(0, -1).filter((counters) => !counters.startsWith("0,0,0,0"));
  assertEquals(beforeLast.every((counters) => Number(counters[0]) > 0), true, [...seen].join(" "));
});

Deno.test("a model load counts in every session that waits for it, and twice in the sum", async () => {
  await using b = await bench();
  const [first, second] = [await b.session(), await b.session()];
  const model = "other/second";
  const one = await b.begin({ session_id: first, images: 2, model });
  const other = await b.begin({ session_id: second, images: 1, model });
  assertEquals(await b.counters(first), "2,1,2,0");
  assertEquals(await b.counters(second), "1,1,1,0");
  assertEquals(b.allCounters(), "3,2,3,0");
  assertEquals(b.simulator.comfyJobs(0), 1, "the load is ComfyUI's only job");
  await b.settle(Promise.all([one.answer, other.answer]));
});

Deno.test("SelectModel counts a load for every backend there is, until the last has ended", async () => {
  await using b = await bench({ backends: [{}, { status: "disabled" }, { status: "idle" }] });
  const session = await b.session();
  const { answer } = await b.start("SelectModel", { session_id: session, model: "tiny" });
  assertEquals(await b.counters(session), "0,3,0,0");
  assertEquals((await b.settle(answer)).body, { success: true });
  assertEquals(await b.counters(session), "0,0,0,0");
});

Deno.test("ListConnectedUsers lists a user who only loads a model, however long ago it was seen", async () => {
  await using b = await bench({ loadSeconds: 600 });
  const [idle, loading] = await Promise.all(
    ["idle", "loading"].map((name) => b.session({ "x-swarm-user_id": name })),
  );
  const local = await b.session();
  const { answer } = await b.start("SelectModel", {
    session_id: loading ?? "",
    model: "other/second",
  });
  await b.clock.advance(300_000);
  assertEquals(await b.counters(idle ?? ""), "0,0,0,0");
  await b.clock.advance(200_000);
  const { body } = await b.call("ListConnectedUsers", { session_id: local });
  const ids = Array.isArray(body.users) ? body.users.map(({ id }) => id) : [];
  assertEquals(ids.toSorted(), ["loading", "local"]);
  await b.settle(answer);
});

Deno.test("a job sent straight to ComfyUI is in its queue, and counted nowhere", async () => {
  await using b = await bench();
  const session = await b.session();
  const answer = await fetchHere(`${b.simulator.url}/ComfyBackendDirect/prompt`, {
    method: "POST",
    body: JSON.stringify({ prompt: { "4": { inputs: { steps: 3 } } } }),
  });
  assertEquals((await answer.json()).number, 0);
  assertEquals([b.allCounters(), b.simulator.comfyJobs(0)], ["0,0,0,0", 1]);
  const { body } = await b.call("ListBackends", { session_id: session });
  assertEquals(JSON.stringify(body).includes('"time_since_used":"0 seconds from now"'), true);
  await b.settle(b.simulator.idle());
  assertEquals(b.simulator.comfyJobs(0), 0);
});

Deno.test("ListBackends stamps a backend when it is claimed and released, not while it loads", async () => {
  await using b = await bench({ backends: [{}] });
  const session = await b.session();
  const age = async (): Promise<string> =>
    (await b.call("ListBackends", { session_id: session })).text.match(/"time_since_used":"(.*?)"/)
      ?.[1] ?? "";
  const running = await b.begin({ session_id: session, steps: 70 });
  await b.clock.advance(4_000);
  assertEquals(await age(), "Never");
  await b.clock.advance(1_000 + 66_000);
  assertEquals(await age(), "1 minute and 5 seconds ago");
  await b.clock.advance(4_500);
  assertEquals((await running.answer).status, 200);
  assertEquals(await age(), "0 seconds from now");
  await b.clock.advance(2_000);
  assertEquals(await age(), "2 seconds ago");
});

Deno.test("ListConnectedUsers says whose work it is", async () => {
  await using b = await bench();
  const local = await b.session();
  const alice = await b.session({ "X-SWARM-USER_ID": "alice" });
  const running = await b.begin({ session_id: alice, images: 2 });
  const { body } = await b.call("ListConnectedUsers", { session_id: local });
  const users = Array.isArray(body.users) ? body.users : [];
  assertEquals(
    users.map(({ id, waiting_gens, live_gens }) => `${id} ${waiting_gens} ${live_gens}`),
    ["local 0 0", "alice 2 2"],
  );
  const answer = await b.settle(running.answer);
  assertEquals(answer.text.includes("View/alice/raw/"), true);
});

Deno.test("two backends share the work of one request", async () => {
  await using b = await bench({
    backends: [{ model: "tiny.safetensors" }, { model: "tiny.safetensors" }],
  });
  const session = await b.session();
  const running = await b.begin({ session_id: session, images: 5 });
  assertEquals(await b.counters(session), "5,0,1,4");
  assertEquals([b.simulator.comfyJobs(0), b.simulator.comfyJobs(1)], [2, 2]);
  await b.settle(running.answer);
});

Deno.test("a backend that is loading lets requests wait; one that errors refuses them", async () => {
  await using b = await bench({ backends: [{ status: "loading" }] });
  const session = await b.session();
  const running = await b.begin({ session_id: session });
  await b.clock.advance(60_000);
  assertEquals(await b.counters(session), "1,0,1,0");
  b.simulator.setBackendStatus(0, "errored");
  assertEquals((await b.settle(running.answer)).body, { error: "No backends available!" });
});

Deno.test("a model that only some backends have is looked for there", async () => {
  await using b = await bench({
    backends: [{ models: [] }, { models: ["tiny.safetensors"] }],
    assignmentGapMs: 0,
  });
  const session = await b.session();
  const running = await b.begin({ session_id: session });
  assertEquals([b.simulator.comfyJobs(0), b.simulator.comfyJobs(1)], [0, 1]);
  await b.settle(running.answer);
  const refused = await b.begin({ session_id: session, model: "other/second" });
  assertEquals((await b.settle(refused.answer)).body, {
    error: "No backends match the settings of the request given! Backends refused for the " +
      "following reason(s):\n- Request requires model 'other/second.safetensors' but the backend " +
      "does not have that model",
  });
});

Deno.test("a load that fails is reported when no backend is left to try", async () => {
  await using b = await bench();
  const session_id = await b.session();
  b.simulator.killComfy(0);
  const running = await b.begin({ session_id, model: "other/second" });
  const { body } = await b.settle(running.answer);
  assertEquals(
    String(body.error).startsWith("All available backends failed to load the model"),
    true,
    String(body.error),
  );
  assertEquals(b.allCounters(), "0,0,0,0");
});
