/** Cancelling over HTTP: when it is allowed, who may do it, and the result. SwarmUI's webhooks. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fetchHere } from "../support/http_clients.ts";
import { loadSchema, readBy } from "../support/json_schema.ts";
import { MemoryTerminal } from "../support/memory_terminal.ts";
import { generateHere, startHere } from "../support/program_here.ts";
import { untilRecorded } from "../support/records.ts";
import { answered, work } from "../support/sample_answers.ts";
import { ServeBench } from "../support/serve_bench.ts";
import { openStage } from "../support/stage.ts";
import { waitFor } from "../support/wait_for.ts";
import { WatchBench } from "../support/watch_bench.ts";
import { EventReader } from "./event_reader.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const JSON_TYPE = { "Content-Type": "application/json" };
const SHOWN = { Authorization: `Bearer ${TOKEN}` };

Deno.test("serve cancels only if that was allowed, and only with a token", async () => {
  const bench = new WatchBench();
  assertEquals(await bench.run("serve --port 0 --allow-cancel"), 2);
  assertEquals(
    bench.err,
    "Error: Cannot use --allow-cancel without a token: every program and page could cancel " +
      "(give --access-token-file)\n",
  );
  await using serving = await ServeBench.open({ token: TOKEN });
  const body = '{"session_id":"gen-a"}';
  const { status, text } = await serving.ask("/API/CancelGeneration", {
    method: "POST",
    headers: { ...JSON_TYPE, ...SHOWN },
    body,
  });
  assertEquals(status, 403);
  assertStringIncludes(text, "start serve with --allow-cancel");
});

Deno.test("serve cancels the one generation that is named, and says what cancel says", async () => {
  await using stage = await openStage();
  const file = `${stage.here}/token`;
  await Deno.writeTextFile(file, `${TOKEN}\n`);
  const terminal = new MemoryTerminal();
  const line = `serve --port 0 --quiet --allow-cancel --access-token-file ${file}`;
  await using _serving = startHere(line.split(" "), { stage, terminal });
  await waitFor(() => terminal.outText.includes("\n"), { what: "the address" });
  const url = terminal.outText.trim();
  await using generating = generateHere([], { stage });
  await stage.untilWorking(1);
  await untilRecorded(stage, "generating");
  const [id = ""] = await stage.recordedIds();
  const ask = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetchHere(`${url}/API/CancelGeneration`, {
      method: "POST",
      headers: { ...JSON_TYPE, ...SHOWN, ...headers },
      body: JSON.stringify(body),
    });
    return [response.status, await response.text()] as const;
  };
  assertEquals((await ask({ session_id: id }, { Authorization: "" }))[0], 401);
  assertEquals((await ask({ session_id: id }, { "Content-Type": "text/plain" }))[0], 415);
  assertEquals((await ask({ session_id: id }, { Origin: "http://evil.example" }))[0], 403);
  assertEquals((await ask({ id }))[0], 400);
  // The beginning of an ID is not enough here.
  assertEquals((await ask({ session_id: id.slice(0, 8) }))[0], 404);
  assertEquals(await stage.recordedIds(), [id]);
  const cancelling = ask({ session_id: id });
  await stage.pass(() => stage.server.counters.waiting_gens === 0);
  const [status, text] = await cancelling;
  assertEquals(status, 200, text);
  const document = readBy(await loadSchema("cancel.v1.json"), text) as {
    cancelled: { session_id: string; outcome: string }[];
  };
  assert(JSON.stringify(document).includes(id), text);
  assertEquals((await generating.ended).code, 130);
});

Deno.test("SwarmUI's webhooks are answered before the look that they cause", async () => {
  await using serving = await ServeBench.open({ token: TOKEN });
  const { bench } = serving;
  await using reader = await EventReader.open(serving.url, undefined, SHOWN);
  await reader.untilTold(1);
  await bench.clock.advance(100);
  const gate = Promise.withResolvers<void>();
  bench.server.gate = gate.promise;
  bench.server.counters = answered(work(1));
  const call = (token: string) =>
    serving.ask("/hooks/queue-start", {
      method: "POST",
      headers: { ...JSON_TYPE, "User-Agent": "SwarmUI/0.9.8.2" },
      body: JSON.stringify({ token }),
    });
  assertEquals((await call("wrong")).status, 401);
  assertEquals(bench.server.looks, 1);
  // The server hangs, but the request is answered.
  assertEquals((await call(TOKEN)).text, "ok\n");
  gate.resolve();
  await waitFor(async () => {
    await bench.clock.advance(0);
    return reader.events.length === 2;
  }, { what: "the start" });
  assertEquals(reader.told, ["verdict.changed idle", "verdict.changed busy"]);
});
