/** Remote SwarmUI servers (`swarmui-protocol.md §20.4`). */
import { assertEquals } from "@std/assert";
import { type Bench, bench } from "./client.ts";
import { backendsOf, queueOf } from "./look.ts";

const MODEL = "tiny.safetensors";
const REMOTES = {
  backends: [
    {
      type: "swarmswarmbackend",
      title: "remote 0",
      remote: [{ title: "first", model: MODEL }, { title: "second", model: MODEL }],
    },
    { type: "swarmswarmbackend", title: "remote 1" },
  ],
};

function looks(b: Bench): Promise<readonly string[]> {
  return Promise.all([undefined, 0, 1, -1, -2, -3, -4].map((id) => queueOf(b, id)));
}

Deno.test("ListBackends has a remote's ComfyUIs under negative ids, over all remotes", async () => {
  await using b = await bench(REMOTES);
  const session_id = await b.session();
  const { body } = await b.call("ListBackends", { session_id, nonreal: true, full_data: true });
  assertEquals(Object.keys(body), ["0", "1", "-3", "-2", "-1"]);
  const settings = {
    Address: "http://127.0.0.1:7901",
    AllowIdle: false,
    AllowForwarding: true,
    AllowWebsocket: true,
    AuthorizationHeader: "",
    OtherHeaders: "",
    ConnectionAttemptTimeoutSeconds: 30,
  };
  const common = {
    type: "swarmswarmbackend",
    status: "running",
    settings,
    modcount: 0,
    enabled: true,
    seconds_since_used: 0,
    time_since_used: "Never",
  };
  const withoutFeatures = (id: string): unknown => {
    const { features: _, ...rest } = Object(body[id]);
    return rest;
  };
  assertEquals(withoutFeatures("0"), {
    ...common,
    id: 0,
    title: "remote 0",
    max_usages: 1,
    can_load_models: false,
    current_model: null,
  });
  assertEquals(withoutFeatures("-2"), {
    ...common,
    id: -2,
    title: "[Remote from 0: remote 0] second",
    max_usages: 2,
    can_load_models: true,
    current_model: MODEL,
  });
});

Deno.test("every ComfyUI of a remote answers a direct call with the queue of its first", async () => {
  await using b = await bench(REMOTES);
  b.simulator.addComfyJob(-2, 10_000);
  assertEquals(await looks(b), ["queue 0", "400", "400", "queue 0", "queue 0", "queue 0", "400"]);
  assertEquals([b.simulator.comfyJobs(-1), b.simulator.comfyJobs(-2)], [0, 1]);
  b.simulator.addComfyJob(-1, 10_000);
  assertEquals(await looks(b), ["queue 1", "400", "400", "queue 1", "queue 1", "queue 0", "400"]);
  assertEquals(b.allCounters(), "0,0,0,0");
});

Deno.test("a run on a remote counts two seconds longer than the remote works, and ages its ComfyUI", async () => {
  await using b = await bench(REMOTES);
  const session = await b.session();
  const running = await b.begin({ session_id: session });
  assertEquals([b.allCounters(), b.simulator.comfyJobs(-1)], ["1,0,0,1", 1]);
  await b.clock.advance(4_500);
  assertEquals([b.allCounters(), b.simulator.comfyJobs(-1)], ["1,0,0,1", 0]);
  await b.clock.advance(2_000);
  assertEquals(b.allCounters(), "0,0,0,0");
  assertEquals(Array.isArray((await running.answer).body.images), true);
  assertEquals(await backendsOf(b, { session, nonreal: true }), [
    "0 running Never",
    "1 running Never",
    "-3 running Never",
    "-2 running Never",
    "-1 running 0",
  ]);
});

Deno.test("InterruptAll reaches a remote at its next message, and its ComfyUI winds down", async () => {
  await using b = await bench({ ...REMOTES, secondsPerStep: 3 });
  const session = await b.session();
  const running = await b.begin({ session_id: session, images: 2 });
  await b.clock.advance(1_500);
  await b.call("InterruptAll", { session_id: session });
  assertEquals(b.allCounters(), "2,0,0,2");
  await b.clock.advance(2_000);
  const error = "Remote swarm gave error: Generation session interrupted.";
  assertEquals((await running.answer).body, { error });
  assertEquals(b.allCounters(), "0,0,0,0");
  // the other was just at the end of a step
  assertEquals([b.simulator.comfyJobs(-1), b.simulator.comfyJobs(-2)], [1, 0]);
  await b.clock.advance(3_000);
  assertEquals([b.simulator.comfyJobs(-1), b.simulator.comfyJobs(-2)], [0, 0]);
});

Deno.test("a remote that goes away ends its runs and answers 500 until it is back", async () => {
  await using b = await bench(REMOTES);
  const session = await b.session();
  const running = await b.begin({ session_id: session });
  b.simulator.stopRemote(0);
  const error = "Something went wrong while generating images.";
  assertEquals((await running.answer).body, { error });
  await b.clock.advance(60_000);
  assertEquals((await looks(b)).slice(3), ["500", "500", "queue 0", "400"]);
  assertEquals((await backendsOf(b, { session }))[0], "0 running Never");
  assertEquals(b.simulator.comfyJobs(-1), 0);
  b.simulator.startRemote(0);
  assertEquals((await looks(b)).slice(3, 5), ["queue 0", "queue 0"]);
});

Deno.test("with AllowIdle a remote that is away is idle with all its ComfyUIs", async () => {
  await using b = await bench({
    backends: [{ type: "swarmswarmbackend", allowIdle: true, remote: [{}, {}] }],
  });
  const session = await b.session();
  b.simulator.addComfyJob(-1, 60_000);
  b.simulator.stopRemote(0);
  assertEquals(await queueOf(b, -1), "500");
  await b.clock.advance(5_000);
  const away = ["0 idle Never", "-2 idle Never", "-1 idle Never"];
  assertEquals(await backendsOf(b, { session, nonreal: true }), away);
  assertEquals([await queueOf(b, -1), b.simulator.comfyJobs(-1)], ["400", 1]);
  b.simulator.startRemote(0);
  await b.clock.advance(5_000);
  assertEquals(await queueOf(b, -1), "queue 1");
});
