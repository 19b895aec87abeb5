/** `serve --all`: all servers of the configuration file at one address. */
import { assertEquals } from "@std/assert";
import { FleetBench, urlOf } from "../support/fleet_bench.ts";
import { loadSchema } from "../support/json_schema.ts";
import { answered, work } from "../support/sample_answers.ts";
import { ServeBench, served } from "../support/serve_bench.ts";
import { EventReader } from "./event_reader.ts";

interface Fleet {
  readonly verdict: string;
  readonly summary?: string;
  readonly servers: readonly {
    readonly name: string;
    readonly verdict: string;
    readonly claims?: unknown;
    readonly active_generations: readonly { readonly session_id: string }[];
  }[];
}

/** A few words for each server. */
function verdicts({ servers }: Fleet): readonly string[] {
  return servers.map(({ name, verdict }) => `${name}: ${verdict}`);
}

Deno.test("serve --all answers for all servers of the configuration file, and for each one", async () => {
  const bench = new FleetBench(["a", "b"], served());
  await using serving = await ServeBench.open({ bench, line: "--all --interval 2s" });
  assertEquals(await answer(serving, "/idle"), [200, "Idle: all 2 servers\n"]);
  bench.at("b").counters = answered(work(2));
  await bench.publish({ id: "gen-b", serverUrl: urlOf("b"), progress: 0.5 });
  await bench.tick();
  const status: Fleet = JSON.parse((await serving.ask("/status")).text);
  assertEquals((await loadSchema("status_all.v1.json"))(status), []);
  assertEquals([status.verdict, ...verdicts(status)], ["busy", "a: idle", "b: busy"]);
  assertEquals(status.servers.map(({ claims }) => claims), [[], []]);
  const active: Fleet = JSON.parse((await serving.ask("/API/ListActiveGenerations")).text);
  assertEquals((await loadSchema("active_all.v1.json"))(active), []);
  assertEquals([active.summary, ...verdicts(active)], [
    "Busy: 1 of 2 servers",
    "a: idle",
    "b: busy",
  ]);
  const ids = active.servers.map((one) => one.active_generations.map((each) => each.session_id));
  assertEquals(ids, [[], ["gen-b"]]);

  assertEquals(await answer(serving, "/idle"), [409, "Busy: 1 of 2 servers\n"]);
  assertEquals(await answer(serving, "/idle?server=a"), [200, "Idle\n"]);
  const one = JSON.parse((await serving.ask("/status?server=b")).text);
  assertEquals((await loadSchema("status.v1.json"))(one), []);
  assertEquals([one.verdict, one.server_url], ["busy", urlOf("b")]);
  const { status: code, text } = await serving.ask("/status?server=c");
  assertEquals([code, JSON.parse(text).error.message], [
    404,
    'Cannot answer: there is no server "c" (a, b)',
  ]);
});

async function answer(serving: ServeBench, path: string): Promise<readonly [number, string]> {
  const { status, text } = await serving.ask(path);
  return [status, text];
}

Deno.test("serve --all names the server of each event, and of each sample", async () => {
  const bench = new FleetBench(["a", "again", "b"], {
    ...served(),
    addresses: { again: urlOf("a") },
  });
  await using serving = await ServeBench.open({ bench, line: "--all" });
  await using reader = await EventReader.open(serving.url);
  await reader.untilTold(3);
  bench.at("a").counters = answered(work(1));
  await bench.publish({ id: "gen-a", serverUrl: urlOf("a"), progress: 0 });
  await bench.clock.advance(300);
  await reader.untilTold(6);
  const isEvent = await loadSchema("event.v1.json");
  const told = reader.events.map(({ document }) => {
    assertEquals(isEvent(document), []);
    return `${document["server"]}: ${document["event"]}`;
  });
  // A server with two names reports its generation once.
  assertEquals(told.filter((one) => one.endsWith("generation.started")).length, 1);
  assertEquals(told.slice(3).filter((one) => one.endsWith("verdict.changed")).toSorted(), [
    "a: verdict.changed",
    "again: verdict.changed",
  ]);
  const { text } = await serving.ask("/metrics");
  const samples = text.split("\n").filter((line) => line.includes('verdict="busy"'));
  assertEquals(samples, [
    'asset_generator_verdict{server="a",verdict="busy"} 1',
    'asset_generator_verdict{server="again",verdict="busy"} 1',
    'asset_generator_verdict{server="b",verdict="busy"} 0',
  ]);
});

Deno.test("serve --all tells of the others while one server hangs or is away", async () => {
  const bench = new FleetBench(["slow", "away", "b"], served());
  bench.at("away").turnOff();
  bench.at("slow").gate = new Promise(() => {});
  await using serving = await ServeBench.open({ bench, line: "--all" });
  await using reader = await EventReader.open(serving.url);
  bench.at("b").counters = answered(work(1));
  await bench.clock.advance(2_500);
  await reader.untilTold(3);
  const told = reader.events.map(({ document }) => `${document["server"]} ${document["verdict"]}`);
  assertEquals(told.toSorted(), ["away unreachable", "b busy", "b idle"]);
  assertEquals((await serving.ask("/idle?server=b")).status, 409);
});

Deno.test("serve --all without servers, or with the address of one, says what is wrong", async () => {
  const bench = new FleetBench(["a"], served());
  assertEquals(await bench.run("serve --all --api-url http://b.test"), 2);
  assertEquals(
    bench.err,
    "Error: Cannot use --api-url with --all: it means one server\n",
  );
});
