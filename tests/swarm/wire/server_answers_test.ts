import { assert, assertEquals } from "@std/assert";
import type { Outcome } from "../../../src/swarm/wire/failure.ts";
import {
  decodeBackends,
  decodeCounters,
  decodeModelTotals,
  decodeResources,
  decodeSession,
} from "../../../src/swarm/wire/server_answers.ts";
import { decode, sound, text } from "../../../src/swarm/wire/fields.ts";

const COUNTERS = { waiting_gens: 3, loading_models: 1, waiting_backends: 2, live_gens: 2 };
const MADE = { serverUrl: "http://127.0.0.1:7801", createdAt: 5 };

function assertProtocol(outcome: Outcome<unknown>, says: string): void {
  assert(!outcome.ok, JSON.stringify(outcome));
  assertEquals(outcome.reason, "protocol");
  assert(outcome.message.includes(says), outcome.message);
}

Deno.test("decodeCounters() reads all four", () => {
  const outcome = decodeCounters({ status: COUNTERS, backend_status: {} });
  assert(outcome.ok);
  assertEquals(outcome.value, {
    waitingGens: 3,
    loadingModels: 1,
    waitingBackends: 2,
    liveGens: 2,
  });
});

Deno.test("a decoder says what is missing, and what is there but wrong", () => {
  assertProtocol(decodeCounters({ somethingElse: 1 }), "shape: status is missing");
  assertProtocol(decodeCounters({ status: {} }), "shape: status.waiting_gens is missing");
  assertProtocol(decodeCounters({ status: null }), "shape: status is not Object");
});

Deno.test("decodeCounters() never fills in a zero", () => {
  assertProtocol(decodeCounters({}), "status");
  assertProtocol(decodeCounters({ status: null }), "status");
  for (const name of Object.keys(COUNTERS)) {
    for (const wrong of [undefined, null, "0", -1, 0.5, Infinity, true, [], 2 ** 60]) {
      const status = { ...COUNTERS, [name]: wrong };
      assertProtocol(decodeCounters({ status }), `status.${name}`);
    }
  }
});

Deno.test("decodeSession() wants an id and takes what older servers leave out as unknown", () => {
  const outcome = decodeSession({ session_id: "s", user_id: "local" }, MADE);
  assert(outcome.ok);
  assertEquals(
    [outcome.value.reveal(), outcome.value.userId, outcome.value.version, outcome.value.serverId],
    ["s", "local", null, null],
  );
  assertEquals([outcome.value.serverUrl, outcome.value.createdAt], [MADE.serverUrl, 5]);
  for (const wrong of [undefined, null, "", 12345, {}, "x".repeat(1001)]) {
    const refused = decodeSession({ session_id: wrong }, MADE);
    assertProtocol(refused, "session_id");
    assert(!refused.ok && !refused.message.includes("12345"));
  }
});

Deno.test("decodeBackends() reads none, and refuses what is no map of backends", () => {
  assertEquals(decodeBackends({}), { ok: true, value: [] });
  assertProtocol(decodeBackends({ backends: [] }), "number");
  assertProtocol(decodeBackends({ a: 1 }), "number");
  const many = Array.from({ length: 10_001 }, (_, id) => [`${id}`, null]);
  assertProtocol(decodeBackends(Object.fromEntries(many)), "more than 10000 backends");
  assertProtocol(decodeBackends({ "0": { type: "x" } }), "status");
  assertProtocol(decodeBackends({ "0": [] }), "");
  assertProtocol(decodeBackends({ "0": { type: "x", status: 1 } }), "status");
});

Deno.test("decodeModelTotals() counts 5,000 models and refuses a list it cannot count", () => {
  const files = Array.from({ length: 5000 }, (_, i) => ({ name: `m${i}`, loaded: i % 1000 === 0 }));
  assertEquals(decodeModelTotals({ files }), { ok: true, value: { count: 5000, loaded: 5 } });
  assertProtocol(decodeModelTotals({}), "files");
  assertProtocol(decodeModelTotals({ files: {} }), "files");
  assertProtocol(decodeModelTotals({ files: [{ name: "m" }] }), "loaded");
  assertProtocol(decodeModelTotals({ files: [null] }), "loaded");
});

Deno.test("decodeResources() takes what is missing as unknown, not as zero", () => {
  const outcome = decodeResources({ cpu: {}, system_ram: {}, gpus: { "3": { id: 3 } } });
  assert(outcome.ok);
  assertEquals(outcome.value, {
    cpuUsage: null,
    ramUsedBytes: null,
    gpus: [{ id: 3, name: "", utilization: null, vramUsedBytes: null }],
  });
  assertProtocol(decodeResources({}), "cpu");
});

Deno.test("a flood of entries that cannot be read is not looked at to its end", () => {
  let looks = 0;
  const read = sound((value, path) => {
    looks++;
    return text(value, path);
  });
  const flood = [...Array.from({ length: 300_000 }, () => null), "the last"];
  assertProtocol(decode(flood, read), "0 is not string");
  flood[5] = "one";
  assertEquals(decode(flood, read), {
    ok: true,
    value: { entries: ["one"], unreadable: flood.length - 1 },
  });
  assert(looks < 250_000, `${looks}`);
});
