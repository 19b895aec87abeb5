/** `events` as a process, beside the processes whose generations it reports. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import * as v from "valibot";
import type { CliOptions, CliProcess } from "../support/cli_process.ts";
import { SHIPPED_PERMISSIONS } from "../../tasks/shipped.ts";
import type { Validator } from "../support/json_schema.ts";
import { loadSchema } from "../support/json_schema.ts";
import type { Stage } from "../support/stage.ts";
import { openStage } from "../support/stage.ts";
import { HAS_OWN_PERMISSIONS } from "../support/tested_program.ts";

const EVENT = v.looseObject({
  event: v.string(),
  verdict: v.optional(v.string()),
  was_running: v.optional(v.boolean()),
  outcome: v.optional(v.nullable(v.string())),
  generation: v.optional(v.looseObject({ session_id: v.string() })),
});
type Event = v.InferOutput<typeof EVENT>;

/** How long an event is waited for, in milliseconds. */
const PATIENCE_MS = 60_000;

/** Lets the server's time pass until something else has ended. */
async function whilePassing<T>(stage: Stage, awaited: Promise<T>): Promise<T> {
  let isOver = false;
  const over = awaited.finally(() => isOver = true);
  await Promise.all([stage.pass(() => isOver), over]);
  return await over;
}

/** A watcher; its events are checked against the schema as they are read. */
class Watcher implements AsyncDisposable {
  readonly process: CliProcess;
  readonly #validate: Validator;
  /** Everything that was read, in one or two words each. */
  readonly told: string[] = [];

  private constructor(process: CliProcess, validate: Validator) {
    this.process = process;
    this.#validate = validate;
  }

  static async start(stage: Stage, options: CliOptions = {}): Promise<Watcher> {
    const validate = await loadSchema("event.v1.json");
    return new Watcher(stage.start(["events", "--interval", "150ms"], options), validate);
  }

  /** Reads until a given event comes, for a minute at most. */
  async until(wanted: string): Promise<Event> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new Error(`Cannot go on with the test: no ${wanted} after ${this.told.join(", ")}`));
    }, PATIENCE_MS);
    try {
      return await Promise.race([this.#read(wanted), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(wanted: string): Promise<Event> {
    for (;;) {
      const document: unknown = JSON.parse(await this.process.nextLine());
      assertEquals(this.#validate(document), []);
      const event = v.parse(EVENT, document);
      const word = `${event.event} ${event.verdict ?? event.outcome ?? ""}`.trim();
      this.told.push(word);
      if (word === wanted) return event;
    }
  }

  /** Without progress and changes of the verdict, whose number is not fixed. */
  get milestones(): readonly string[] {
    return this.told.filter((word) => !/^(verdict|generation\.progress)/.test(word));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}

/** Removes the write permission and keeps all other modes. */
const READ_ONLY = SHIPPED_PERMISSIONS.filter((flag) => flag !== "--allow-write");

Deno.test("several watchers report the same events of a generation, even one that may only read", {
  ignore: HAS_OWN_PERMISSIONS,
}, async () => {
  await using stage = await openStage();
  await using here = await Watcher.start(stage);
  await using there = await Watcher.start(stage, { cwd: stage.elsewhere, permissions: READ_ONLY });
  const watchers = [here, there];
  await Promise.all(watchers.map((watcher) => watcher.until("verdict.changed idle")));
  await using generating = stage.generate(["--batch", "2"]);
  const started = await Promise.all(watchers.map((one) => one.until("generation.started")));
  await stage.untilWorking(2);
  // More than they saw at their start, however late that was.
  await stage.pass(() => stage.server.counters.waiting_gens === 1);
  await Promise.all(watchers.map((watcher) => watcher.until("generation.progress")));
  await stage.finish();
  assertEquals((await generating.end()).code, 0);
  await Promise.all(watchers.map((watcher) => watcher.until("generation.finished finished")));
  await Promise.all(watchers.map((watcher) => watcher.until("verdict.changed idle")));
  for (const watcher of watchers) {
    assertEquals(watcher.milestones, ["generation.started", "generation.finished finished"]);
  }
  const [one, other] = started;
  assertEquals([one?.was_running, other?.was_running], [false, false]);
  assertEquals(one?.generation?.session_id, other?.generation?.session_id);
});

Deno.test("events reports a generation that was cancelled, one that failed, and one that was orphaned", async () => {
  await using stage = await openStage();
  await using watcher = await Watcher.start(stage);
  await watcher.until("verdict.changed idle");

  await using cancelled = stage.generate();
  await stage.untilWorking(1);
  await watcher.until("generation.started");
  const cancelling = stage.run(["cancel"]);
  await stage.untilAsked("InterruptAll");
  await whilePassing(stage, watcher.until("generation.cancelled cancelled"));
  assertEquals((await whilePassing(stage, cancelled.end())).code, 130);
  await cancelling;

  stage.server.failNext("node_error");
  await using failed = stage.generate();
  await watcher.until("generation.started");
  await whilePassing(stage, watcher.until("generation.failed failed"));
  assertEquals((await whilePassing(stage, failed.end())).code, 1);

  await using killed = stage.generate();
  await stage.untilWorking(1);
  killed.process.kill("SIGKILL");
  await watcher.until("generation.orphaned");
  // A watcher that comes later sees it too.
  await using late = await Watcher.start(stage);
  const { was_running } = await late.until("generation.started");
  assertEquals(was_running, true);
  await late.until("generation.orphaned");
  await stage.finish();
  await watcher.until("verdict.changed idle");
  // Nobody was left to say how it ended.
  const { outcome } = await watcher.until("generation.ended");
  assertEquals(outcome, null);
  assertEquals(watcher.milestones, [
    "generation.started",
    "generation.cancelled cancelled",
    "generation.started",
    "generation.failed failed",
    "generation.started",
    "generation.orphaned",
    "generation.ended",
  ]);
});

Deno.test("events goes on over a state file that is removed, broken or replaced", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "2"]);
  await stage.untilWorking(2);
  await using watcher = await Watcher.start(stage);
  assertEquals((await watcher.until("generation.started")).was_running, true);
  await watcher.until("verdict.changed busy");
  await Deno.remove(stage.stateFile);
  await stage.pass(() => stage.server.counters.waiting_gens === 1);
  await watcher.until("generation.progress");
  await Deno.writeTextFile(stage.stateFile, "{ broken");
  await Deno.writeTextFile(`${stage.stateFile}.new`, "[]");
  await Deno.rename(`${stage.stateFile}.new`, stage.stateFile);
  await stage.finish();
  assertEquals((await generating.end()).code, 0);
  await watcher.until("generation.finished finished");
  await watcher.until("verdict.changed idle");
  assertEquals(watcher.milestones, ["generation.started", "generation.finished finished"]);
});

Deno.test("events does not call a generation finished whose end nobody saw because the server was restarted", async () => {
  await using stage = await openStage();
  await using watcher = await Watcher.start(stage);
  await watcher.until("verdict.changed idle");
  await using generating = stage.generate();
  await stage.untilWorking(1);
  await watcher.until("verdict.changed busy");
  // Its process would learn from the restarted server that the run is lost.
  generating.process.kill("SIGKILL");
  await generating.end();
  await stage.server.stop({ isKilled: true });
  await stage.server.start();
  const { outcome } = await watcher.until("generation.ended");
  assertEquals(outcome, null);
});

Deno.test("events outlives its server", async () => {
  await using stage = await openStage();
  await using watcher = await Watcher.start(stage);
  await watcher.until("verdict.changed idle");
  await using generating = stage.generate();
  await stage.untilWorking(1);
  await watcher.until("verdict.changed busy");
  await stage.server.restart({ isKilled: true });
  assert((await generating.end()).code !== 0);
  await watcher.until("generation.failed failed");
  await watcher.until("verdict.changed idle");
  await stage.server.stop();
  await watcher.until("verdict.changed unreachable");
  await stage.server.start();
  await watcher.until("verdict.changed idle");
});

Deno.test("events ends quietly with its reader, and with 130 by Ctrl-C", async () => {
  await using stage = await openStage();
  await using read = await Watcher.start(stage);
  await using interrupted = await Watcher.start(stage);
  await read.until("verdict.changed idle");
  await interrupted.until("verdict.changed idle");
  await read.process.closeOutput();
  await stage.server.stop();
  const { code, err } = await read.process.end();
  assertEquals([code, err], [0, ""]);
  if (Deno.build.os === "windows") return;
  await interrupted.until("verdict.changed unreachable");
  interrupted.process.process.kill("SIGINT");
  const { code: ended, err: said } = await interrupted.process.end();
  assertEquals(ended, 130);
  assertMatch(said, /^Warning: Cannot reach [^\n]+\n$/);
});
