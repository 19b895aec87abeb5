/**
 * Random sequences of events for backends that change their states, are full, off, deleted, or
 * other servers.
 */
import { assert, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { BackendHistory } from "../../src/detection/backend_history.ts";
import { detect } from "../../src/detection/detect.ts";
import type { DetectionReport } from "../../src/detection/report.ts";
import { COMFY_BLIND_SPOT, SWITCHED_OFF_MS } from "../../src/detection/standing.ts";
import { FakeOwnerLocks } from "../support/fake_owner_locks.ts";
import type { Change, WorldBackend } from "./backends_world.ts";
import { BackendsWorld } from "./backends_world.ts";

type Step = (world: BackendsWorld) => void;

const pick = fc.nat(11);
const CHANGES: readonly Change[] = ["restart", "switch_off", "switch_on", "delete", "break"];

/** Something that happens; its name is shown if the sequence fails. */
function step(name: string, act: Step): { readonly act: Step; toString(): string } {
  return { act, toString: () => name };
}

const happening = fc.oneof(
  { weight: 6, arbitrary: fc.constant(step("request", (world) => world.request())) },
  { weight: 10, arbitrary: pick.map((n) => step(`work ${n}`, (world) => world.work(n))) },
  { weight: 4, arbitrary: pick.map((n) => step(`interrupt ${n}`, (w) => w.interrupt(n))) },
  { weight: 3, arbitrary: pick.map((n) => step(`fail ${n}`, (world) => world.fail(n))) },
  { weight: 3, arbitrary: pick.map((n) => step(`direct ${n}`, (world) => world.direct(n))) },
  { weight: 4, arbitrary: pick.map((n) => step(`comfy ends ${n}`, (w) => w.comfyEnds(n))) },
  { weight: 1, arbitrary: pick.map((n) => step(`die ${n}`, (world) => world.die(n))) },
  {
    weight: 4,
    arbitrary: fc.tuple(pick, fc.constantFrom(...CHANGES)).map(([n, how]) =>
      step(`${how} ${n}`, (world) => world.change(n, how))
    ),
  },
);
/** Situations that would rarely arise by chance. */
const FILL = step("fill", (world) => {
  for (let n = 0; n < 2; n++) world.request();
  for (let n = 0; n < 2; n++) world.work(n * 2);
});
const INTERRUPT_ALL = step("interrupt all", (world) => {
  for (let n = 0; n < 12; n++) world.interrupt(n);
});
const FLIP = step("flip with a job", (world) => {
  world.request();
  world.work(0);
  world.direct(0);
  world.fail(0);
});
const plot = fc.constantFrom(FILL, INTERRUPT_ALL, FLIP);

/** A situation in which nothing happens during a look. */
function quietScene(passMs: number, ...before: readonly { readonly act: Step }[]): Scene {
  return { before, passMs, during: [], isOther: false };
}

interface Scene {
  readonly before: readonly { readonly act: Step }[];
  readonly passMs: number;
  readonly during: readonly { readonly act: Step }[];
  readonly isOther: boolean;
}

/** A full backend that is changed, and whose runs are interrupted afterwards. */
const leaving = fc.tuple(fc.nat(1), fc.constantFrom(...CHANGES)).map(([n, how]) => [
  quietScene(0, FILL),
  quietScene(0, step(`${how} ${n}`, (world) => world.change(n, how))),
  quietScene(0, INTERRUPT_ALL),
  quietScene(1_000),
]);
const flipping = fc.constantFrom(0, 500, 1_500, 4_000).map((passMs) => [
  quietScene(passMs),
  quietScene(0, FLIP),
  quietScene(1_500),
  quietScene(1_500),
  quietScene(1_500),
]);
const story = fc.oneof(fc.constant([]), leaving, flipping);

const scene = fc.record({
  before: fc.oneof(
    {
      weight: 2,
      arbitrary: fc.array(fc.oneof({ weight: 3, arbitrary: happening }, plot), { maxLength: 8 }),
    },
    { weight: 1, arbitrary: fc.constant([]) },
  ),
  passMs: fc.constantFrom(0, 0, 500, 1_500, 1_500, 1_500, 1_500, 4_000, 61_000, SWITCHED_OFF_MS),
  during: fc.array(happening, { maxLength: 4 }),
  /** A look by another process, which has no memory. */
  isOther: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
});

/** A process that looks at the model again and again. */
class Observer {
  readonly #world: BackendsWorld;
  #history = new BackendHistory();
  /** Backends whose end this process could have noticed, and whether each may have had work. */
  #listed = new Map<number, boolean>();
  /** When this process noticed that a backend was deleted, or last saw counted work after that. */
  readonly #goneMs = new Map<number, number>();
  /** Backends that the previous look found idle. */
  #wasIdle: ReadonlySet<number> = new Set();
  readonly #firstOff = new Map<number, number>();

  constructor(world: BackendsWorld) {
    this.#world = world;
  }

  restart(): void {
    this.#history = new BackendHistory();
    this.#listed = new Map();
    this.#goneMs.clear();
  }

  async look(during: readonly { readonly act: Step }[]): Promise<DetectionReport> {
    const world = this.#world;
    const before = world.truth();
    const queue = [...during];
    world.startLook();
    world.meanwhile = () => queue.shift()?.act(world);
    const { report } = await detect({
      stores: [],
      locks: new FakeOwnerLocks(),
      hostname: () => null,
      server: world,
      clock: world,
      history: this.#history,
    }, { models: false });
    world.meanwhile = () => {};
    const after = world.truth();
    this.#noteOff(report);
    this.#noteGone(report);
    const lasting = [...before].filter(([job]) => after.has(job));
    if (report.verdict === "idle") {
      for (const [job, backend] of lasting) this.#assertUnseen({ job, backend, report });
    }
    this.#wasIdle = new Set(
      (report.backends ?? []).filter(({ status }) => status === "idle").map(({ id }) => id),
    );
    for (const { id, standing } of report.backends ?? []) {
      this.#listed.set(id, standing?.kind === "at_work" || standing?.kind === "doubtful");
    }
    assert((report.generationsRunning === 0) === (report.verdict === "idle"));
    return report;
  }

  /**
   * "Idle" was said although this work was running: allowed only where the table of exceptions says
   * so, by name.
   */
  #assertUnseen({ job, backend, report }: {
    readonly job: object;
    readonly backend: WorldBackend | null;
    readonly report: DetectionReport;
  }): void {
    const world = this.#world;
    assert(backend !== null, "counted work lasted through the whole look");
    // Its state in this look; it may have been changed or deleted since.
    const status = report.backends?.find(({ id }) => id === backend.id)?.status;
    // A single look cannot know about a backend that was deleted before it.
    if (status === undefined && !this.#listed.has(backend.id)) return;
    const goneMs = world.now() - (this.#goneMs.get(backend.id) ?? world.now());
    if (goneMs >= SWITCHED_OFF_MS) return;
    assertNotEquals(report.basis, "exact", `work lasted in backend ${backend.id}`);
    if (!world.mayAskComfy && report.blindSpots.includes(COMFY_BLIND_SPOT)) return;
    if (status === undefined) {
      assert(!this.#listed.get(backend.id) || goneMs >= 60_000, `deleted at work ${goneMs} ms ago`);
      return;
    }
    const name = `backend ${backend.id} (`;
    assert(report.blindSpots.some((spot) => spot.startsWith(name)), `${name} is not named`);
    if (backend.isRemote) {
      assert(!world.wasTold(backend, job), "a job that its remote tells of");
      const toldMs = world.toldIdleMs(backend);
      assert(toldMs > 60_000, `${name} was used ${toldMs} ms ago`);
      return;
    }
    // It ran for such a short time between two failures that no look need have seen it: it seems to
    // have been idle all the time.
    const ranMs = backend.flippedAtMs - backend.foundAliveAtMs;
    if (status === "idle" && this.#wasIdle.has(backend.id) && ranMs < 2_100) return;
    assert(
      status === "disabled" || status === "errored",
      `${name} is ${status}, and its ComfyUI works`,
    );
    const seenMs = world.now() - (this.#firstOff.get(backend.id) ?? world.now());
    const quietMs = Math.min(world.toldIdleMs(backend), seenMs);
    assert(quietMs >= SWITCHED_OFF_MS - 1_000, `${name} was at work ${quietMs} ms ago`);
  }

  #noteGone(report: DetectionReport): void {
    const listed = new Set(report.backends?.map(({ id }) => id));
    const isCounted = (report.images.outstanding ?? 0) > 0;
    for (const id of this.#listed.keys()) {
      if (listed.has(id)) this.#goneMs.delete(id);
      else if (isCounted || !this.#goneMs.has(id)) this.#goneMs.set(id, this.#world.now());
    }
  }

  #noteOff({ backends }: DetectionReport): void {
    for (const { id, status } of backends ?? []) {
      if (status !== "disabled" && status !== "errored") this.#firstOff.delete(id);
      else if (!this.#firstOff.has(id)) this.#firstOff.set(id, this.#world.now());
    }
  }
}

Deno.test("detect() never says certainly idle while a backend is working, nor is uncertain for ever", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        mayAskComfy: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
        hasRemotes: fc.boolean(),
      }),
      fc.tuple(story, fc.array(scene, { minLength: 1, maxLength: 6 })),
      async (about, [told, scenes]) => {
        const world = new BackendsWorld(about);
        const observer = new Observer(world);
        for (const { before, passMs, during, isOther } of [...told, ...scenes]) {
          for (const { act } of before) act(world);
          world.pass(passMs);
          if (isOther) observer.restart();
          await observer.look(during);
        }
        world.finishAll();
        world.pass(1_000);
        await observer.look([]);
        world.pass(SWITCHED_OFF_MS);
        for (let looks = 0; looks < 6; looks++) {
          const { verdict } = await observer.look([]);
          assertNotEquals(verdict, "busy", "nothing works any more");
          if (looks === 5) assert(verdict === "idle", "nothing has worked for ten minutes");
          world.pass(1_500);
        }
      },
    ),
    { numRuns: 10_000 },
  );
});
