/** Random sequences of events in a model in which the truth is known. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { BackendHistory } from "../../src/detection/backend_history.ts";
import { detect } from "../../src/detection/detect.ts";
import type { DetectionReport } from "../../src/detection/report.ts";
import { LEASE_MS } from "../../src/generation/generation.ts";
import { type Rights, World } from "./world.ts";

type Step = (world: World) => void;

const pick = fc.nat(7);
const HOUR_MS = 3_600_000;

/** Something that happens; its name is shown if the sequence fails. */
function step(name: string, act: Step): { readonly act: Step; toString(): string } {
  return { act, toString: () => name };
}

const happening = fc.oneof(
  { weight: 4, arbitrary: fc.constant(step("begin", (world) => world.begin())) },
  { weight: 6, arbitrary: pick.map((n) => step(`proceed ${n}`, (world) => world.proceed(n))) },
  { weight: 9, arbitrary: pick.map((n) => step(`work ${n}`, (world) => world.work(n))) },
  { weight: 4, arbitrary: pick.map((n) => step(`comfy ${n}`, (world) => world.comfy(n))) },
  { weight: 2, arbitrary: fc.constant(step("request", (world) => world.request())) },
  { weight: 1, arbitrary: fc.constant(step("direct", (world) => world.direct())) },
  { weight: 2, arbitrary: pick.map((n) => step(`interrupt ${n}`, (world) => world.interrupt(n))) },
  { weight: 3, arbitrary: pick.map((n) => step(`kill ${n}`, (world) => world.kill(n))) },
  { weight: 2, arbitrary: pick.map((n) => step(`pause ${n}`, (world) => world.pause(n))) },
  {
    weight: 1,
    arbitrary: fc.boolean().map((loses) =>
      step(`restart ${loses}`, (world) => world.restart(loses))
    ),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map((isUp) => step(`power ${isUp}`, (world) => world.power(isUp))),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-HOUR_MS, HOUR_MS, -20_000, 25 * HOUR_MS).map((ms) =>
      step(`jump ${ms}`, (world) => world.jump(ms))
    ),
  },
);
const passing: fc.Arbitrary<number> = fc.constantFrom(100, 1_000, 4_000, 31_000, 70_000);
/** The passing of time, events, and events during a look. */
const scene = fc.record({
  before: fc.array(happening, { maxLength: 6 }),
  passMs: passing,
  during: fc.array(happening, { maxLength: 6 }),
});
const rights: fc.Arbitrary<Rights> = fc.constantFrom(
  { global: true, comfy: true },
  { global: true, comfy: false },
  { global: false, comfy: true },
  { global: false, comfy: false },
);

async function look(world: World, during: readonly { readonly act: Step }[]): Promise<{
  readonly report: DetectionReport;
  readonly lasting: number;
  readonly wasUp: boolean;
}> {
  const before = world.visibleWork();
  const wasUp = world.isUp;
  const queue = [...during];
  world.meanwhile = () => queue.shift()?.act(world);
  const sources = {
    stores: [world],
    locks: world,
    hostname: () => world.host,
    server: world,
    clock: world,
    history: new BackendHistory(),
  };
  const { report, prunable } = await detect(sources, { models: false });
  world.meanwhile = () => {};
  const after = world.visibleWork();
  const lasting = [...before].filter((work) => after.has(work)).length;
  await world.prune(prunable);
  return { report, lasting, wasUp: wasUp && world.isUp };
}

/** The clock is set back while the owner is stopped, and then the server loses its work. */
const SET_BACK = [
  {
    before: [],
    passMs: 100,
    during: [
      step("begin", (world) => world.begin()),
      step("proceed 0", (world) => world.proceed(0)),
      step("proceed 0", (world) => world.proceed(0)),
      step("jump -20000", (world) => world.jump(-20_000)),
      step("pause 0", (world) => world.pause(0)),
    ],
  },
  { before: [step("interrupt 0", (world) => world.interrupt(0))], passMs: 100, during: [] },
  { before: [], passMs: 31_000, during: [] },
];

Deno.test("detect() never says idle while work lasts, nor busy a lease after its cause", async () => {
  await fc.assert(
    fc.asyncProperty(
      rights,
      fc.array(scene, { minLength: 1, maxLength: 5 }),
      async (may, scenes) => {
        const world = new World(may);
        for (const { before, passMs, during } of scenes) {
          for (const { act } of before) act(world);
          world.pass(passMs);
          const calmMs = world.calmMs();
          const { report, lasting, wasUp } = await look(world, during);
          const { verdict } = report;
          if (lasting > 0) assertNotEquals(verdict, "idle", "work lasted through the whole look");
          if (calmMs > LEASE_MS && during.length === 0) {
            assertNotEquals(verdict, "busy", `nothing has been going on for ${calmMs} ms`);
            if (wasUp && may.global) assert(verdict === "idle", `nothing goes on, but: ${verdict}`);
          }
          if (verdict === "idle") {
            assert(
              wasUp || during.length > 0,
              "a server that is down is not idle",
            );
          }
          assert((report.generationsRunning === 0) === (verdict === "idle"));
        }
      },
    ),
    { numRuns: 10_000, examples: [[{ global: true, comfy: true }, SET_BACK]] },
  );
});

Deno.test("detect() believes a stopped owner until its heartbeat seems a lease old", async () => {
  const world = new World({ global: true, comfy: true });
  for (const { before, passMs, during } of SET_BACK) {
    for (const { act } of before) act(world);
    world.pass(passMs);
    await look(world, during);
  }
  // 31.1 s after the heartbeat the clock shows 11.1 s.
  assertEquals((await look(world, [])).report.verdict, "busy");
  world.pass(18_000);
  assertEquals((await look(world, [])).report.verdict, "busy");
  world.pass(1_000);
  assertEquals((await look(world, [])).report.verdict, "idle");
});
