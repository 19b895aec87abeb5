/**
 * What looks for longer than once is told by ComfyUI's own sockets what happens between two looks,
 * and asks less often while it is.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Clock } from "../../../src/generation/clock.ts";
import { rightsOfRole } from "../../../src/simulator/simulator.ts";
import { MemoryTerminal } from "../../support/memory_terminal.ts";
import { startHere } from "../../support/program_here.ts";
import type { OwnRun } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";
import { waitFor } from "../../support/wait_for.ts";

/** The server's time, which knows whether the command sleeps. */
class CommandClock implements Clock {
  readonly #clock: Clock;
  sleeperCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    this.sleeperCount++;
    await this.#clock.sleep(delayMs, signal);
    this.sleeperCount--;
  }
}

/** A command that looks at the stage's server, in the server's own time. */
class Watching implements AsyncDisposable {
  readonly stage: Stage;
  readonly #clock: CommandClock;
  readonly terminal = new MemoryTerminal();
  readonly #run: OwnRun;
  hasEnded = false;

  private constructor(stage: Stage, line: string) {
    this.stage = stage;
    const clock = this.#clock = new CommandClock(stage.clock);
    this.#run = startHere(line.split(" "), { stage, clock, terminal: this.terminal });
    void this.#run.ended.finally(() => this.hasEnded = true);
  }

  /** Starts it, and waits until it has asked for so many sockets. */
  static async start(stage: Stage, line: string, queues = 1): Promise<Watching> {
    const before = sockets(stage);
    const watching = new Watching(stage, line);
    await waitFor(() => sockets(stage) >= before + queues, { what: "the sockets" });
    await watching.settle();
    return watching;
  }

  /** The lines of JSON on standard output. */
  get told(): readonly Readonly<Record<string, unknown>>[] {
    return this.terminal.outText.split("\n").filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  }

  /** The verdicts of its lines. */
  get verdicts(): readonly unknown[] {
    return this.told.flatMap(({ verdict }) => verdict ?? []);
  }

  /** Waits until the command sleeps, and what its sockets tell has arrived. */
  async settle(): Promise<void> {
    await waitFor(() => this.hasEnded || this.#clock.sleeperCount > 0, { what: "a sleep" });
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Lets time pass, half a second at a time. */
  async pass(seconds: number): Promise<void> {
    for (let half = 0; half < seconds * 2 && !this.hasEnded; half++) {
      await this.stage.clock.advance(500);
      await this.settle();
    }
  }

  /** Waits for a verdict that is told without any time passing but the gap between two looks. */
  async untilVerdict(verdict: string): Promise<void> {
    await waitFor(async () => {
      await this.stage.clock.advance(10);
      return this.verdicts.at(-1) === verdict;
    }, { what: `the verdict ${verdict}` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run[Symbol.asyncDispose]();
  }
}

/** All rights but the one to see ComfyUI's queues. */
const NO_QUEUES = rightsOfRole("admin").filter((right) => right !== "comfy_direct_calls");

/** How many sockets were asked for. */
function sockets({ server }: Stage): number {
  return server.requests.filter(({ method, route }) =>
    method === "UPGRADE" && route === "ComfyBackendDirect"
  ).length;
}

Deno.test("wait --idle-for 60s sends ten requests, and as many as ever where it may not observe", async () => {
  await using stage = await openStage();
  await using observed = await Watching.start(stage, "wait --idle-for 60s --format json");
  await observed.pass(61);
  assertEquals([observed.hasEnded, observed.verdicts], [true, ["idle", "idle"]]);
  const asked = stage.server.requests.length;
  assert(asked <= 10, `${asked} requests: ${stage.server.requests.map(({ route }) => route)}`);

  // Without the right, as often as ever: a look every 2 s.
  stage.server.setPermissions(NO_QUEUES);
  stage.server.clearRequests();
  await using polling = await Watching.start(stage, "wait --idle-for 60s --assume idle");
  await polling.pass(30);
  assert(stage.asked("ListBackends") >= 13, `${stage.asked("ListBackends")} looks`);
  assertEquals(sockets(stage), 1);
});

Deno.test("wait --idle-for starts again after a job of 200 ms between two looks", async () => {
  await using stage = await openStage();
  await using waiting = await Watching.start(stage, "wait --idle-for 60s --format json");
  await waiting.pass(30);
  // Nothing but its socket tells of this job: no counter, no age.
  stage.server.addComfyJob(0, 200);
  await stage.clock.advance(200);
  await waiting.pass(58);
  assertEquals([waiting.hasEnded, waiting.verdicts], [false, ["idle", "busy", "idle"]]);
  await waiting.pass(4);
  assertEquals(waiting.hasEnded, true);
});

Deno.test("events tells of a job of 200 ms between two looks, and at once of a long one", async () => {
  await using stage = await openStage();
  await using events = await Watching.start(stage, "events");
  await events.pass(3);
  stage.server.addComfyJob(0, 200);
  await stage.clock.advance(200);
  await waitFor(async () => {
    await stage.clock.advance(10);
    return events.verdicts.length === 3;
  }, { what: "the job" });
  assertEquals(events.verdicts, ["idle", "busy", "idle"]);
  await events.pass(3);
  stage.server.addComfyJob(0, 5_000);
  await events.untilVerdict("busy");
  assertEquals(stage.server.comfyJobs(0), 1);
});

Deno.test("status --watch knows the work of a backend that was switched off", async () => {
  await using stage = await openStage({ backends: [{ type: "comfyui_api" }, {}] });
  await using watching = await Watching.start(stage, "status --watch --format json", 2);
  stage.server.addComfyJob(0, 600_000);
  await watching.untilVerdict("busy");
  await stage.server.changeBackend(0, "switch_off");
  await watching.pass(4);
  const last = watching.told.at(-1);
  assertEquals(last?.["verdict"], "busy");
  const [off] = last?.["backends"] as readonly Record<string, unknown>[];
  assertEquals([off?.["status"], off?.["queue"]], ["disabled", { remaining: 1 }]);
});

Deno.test("status --watch asks again every 2 s as soon as a socket is lost", async () => {
  await using stage = await openStage();
  await using watching = await Watching.start(stage, "status --watch --format json");
  await watching.pass(9);
  assert(watching.told.length <= 2, `${watching.told.length} looks`);
  stage.server.killComfy(0);
  await watching.pass(8);
  assert(watching.told.length >= 5, `${watching.told.length} looks`);
});

Deno.test("events --verbose says who tells of changes, or why nobody does", async () => {
  await using stage = await openStage();
  await using watching = await Watching.start(stage, "events --verbose --interval 1s");
  await watching.pass(2);
  assertStringIncludes(
    watching.terminal.errText,
    "Changes of ComfyUI's queues: told at once by 1 backend",
  );
  stage.server.setPermissions(NO_QUEUES);
  await using refused = await Watching.start(stage, "events --verbose --interval 1s");
  await refused.pass(2);
  assertStringIncludes(
    refused.terminal.errText,
    "Changes of ComfyUI's queues: not known, this account may not see changes of ComfyUI's queues",
  );
});
