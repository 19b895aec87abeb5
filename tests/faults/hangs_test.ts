/**
 * Nothing hangs: every process that is asked to end does so, whatever pipe or server does not
 * respond.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Fault } from "../../src/simulator/simulator.ts";
import { readCancel } from "../support/cancel_json.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { generateHere } from "../support/program_here.ts";
import { userRecords } from "../support/records.ts";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { readGenerate } from "../support/status_json.ts";
import { programLine } from "../support/tested_program.ts";
import { hasTmux, openTmux } from "../support/tmux.ts";
import { waitFor } from "../support/wait_for.ts";

/** Only on Linux can it be seen whether a process is stuck in a write. */
const ignore = Deno.build.os !== "linux";

/** How long to wait for the end of a process, in milliseconds. */
const PATIENCE_MS = 60_000;

/** The program with streams that nobody reads. */
interface Unread extends AsyncDisposable {
  readonly process: Deno.ChildProcess;
  /** Waits until the process is stuck in a write to the stream, because the pipe is full. */
  untilStuck(): Promise<void>;
  /** Waits for the end of the process, and returns its exit code. */
  end(): Promise<number>;
}

/**
 * Starts the program with one of its streams connected to a pipe that is full from the start and
 * that nobody reads. The other stream is read and dropped.
 */
async function startUnread(stage: Stage, args: readonly string[], options: {
  readonly unread: 1 | 2;
}): Promise<Unread> {
  const fifo = `${stage.here}/unread-${options.unread}`;
  await makeFifo(fifo);
  // The shell that is replaced by the program keeps the pipe open for reading: nobody reads it, but
  // it has a reader. `dd` fills the pipe without blocking.
  const script = `exec 3<>"$FIFO"
    dd if=/dev/zero of="$FIFO" bs=4096 oflag=nonblock 2> /dev/null
    exec "$@" ${options.unread}>"$FIFO"`;
  const process = new Deno.Command("bash", {
    args: ["-c", script, "bash", ...programLine(args)],
    cwd: stage.here,
    env: { ...stage.env, FIFO: fifo, NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let code: number | null = null;
  const status = process.status.then((ended) => code = ended.code);
  return {
    process,
    untilStuck: async () => {
      await waitFor(() => code !== null || isStuckInPipe(process.pid), { what: "a full pipe" });
    },
    end: () =>
      waitFor(() => code, { what: `the end of ${args.join(" ")}`, timeoutMs: PATIENCE_MS }),
    [Symbol.asyncDispose]: async () => {
      if (code === null) process.kill("SIGKILL");
      await status;
    },
  };
}

async function makeFifo(path: string): Promise<void> {
  const made = await new Deno.Command("mkfifo", { args: [path] }).output();
  assert(made.success);
}

/** Whether a thread of a process is blocked in a write to a pipe. */
function isStuckInPipe(pid: number): Promise<boolean> {
  return isStuck(pid, /pipe_write/);
}

/** Whether a thread of a process is blocked in a given function of the kernel. */
async function isStuck(pid: number, where: RegExp): Promise<boolean> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `cat /proc/${pid}/task/*/wchan 2> /dev/null`],
  }).output();
  return where.test(new TextDecoder().decode(stdout));
}

for (
  const [name, args, signal] of [
    ["status --watch", ["status", "--watch"], "SIGINT"],
    ["status --watch", ["status", "--watch"], "SIGTERM"],
    ["events", ["events"], "SIGINT"],
    ["simulate", ["simulate", "--port", "0"], "SIGINT"],
    ["wait", ["wait", "--format", "json"], "SIGINT"],
  ] as const
) {
  Deno.test(`${name} into a pipe that nobody reads ends at one ${signal}`, { ignore }, async () => {
    await using stage = await openStage();
    // So that `wait` has something to wait for.
    await using _generating = stage.generate();
    await stage.untilWorking(1);
    await using unread = await startUnread(stage, args, { unread: 1 });
    await unread.untilStuck();
    unread.process.kill(signal);
    assertEquals(await unread.end(), 130);
  });
}

Deno.test("wait obeys --timeout even if nobody reads stderr", { ignore }, async () => {
  await using stage = await openStage();
  await using _generating = stage.generate();
  await stage.untilWorking(1);
  await using unread = await startUnread(stage, ["wait", "--timeout", "1s"], { unread: 2 });
  assertEquals(await unread.end(), 3);
});

Deno.test("a pipe at --output that nobody reads does not block --timeout", {
  ignore,
}, async () => {
  await using stage = await openStage();
  await makeFifo(`${stage.here}/fifo`);
  await using waiting = stage.start(["wait", "--timeout", "1s", "-f", "json", "-o", "fifo"]);
  const { code, out, err } = await waiting.end();
  assertEquals(code, 3);
  assertStringIncludes(err, "Timed out before the reader of the output had taken all of it");
  assertEquals(JSON.parse(out.trim().split("\n").at(-1) ?? "").verdict, "idle");
});

Deno.test("a pipe at --output that nobody reads does not block Ctrl-C", {
  ignore,
}, async () => {
  await using stage = await openStage();
  await makeFifo(`${stage.here}/fifo`);
  await using generating = stage.generate(["--output", "fifo"]);
  await stage.untilWorking(1);
  await stage.finish();
  await waitFor(() => isStuck(generating.process.pid, /wait_for_partner/), {
    what: "a stuck open",
  });
  generating.process.kill("SIGINT");
  const { code, out, err } = await generating.end();
  assertEquals([code, readGenerate(out).images_done], [130, 1]);
  assertStringIncludes(err, "the result went to standard output");
});

const GENERATE = ["generate", "image", "--prompt", "a cat"];

Deno.test(
  "generate image with a stderr that nobody reads obeys its --timeout",
  { ignore },
  async () => {
    await using stage = await openStage();
    const args = [...GENERATE, "--progress", "json", "--verbose", "--timeout", "2s"];
    await using unread = await startUnread(stage, args, { unread: 2 });
    await unread.untilStuck();
    assertEquals(await unread.end(), 3);
    assertEquals(stage.server.counters.waiting_gens, 0);
    assertEquals(await stage.recordedIds(), []);
  },
);

Deno.test(
  "generate image whose result nobody reads obeys its --timeout",
  { ignore },
  async () => {
    await using stage = await openStage();
    await using unread = await startUnread(stage, [...GENERATE, "--timeout", "5s"], { unread: 1 });
    await stage.untilWorking(1);
    await stage.finish();
    await unread.untilStuck();
    assertEquals(await unread.end(), 3);
    assertEquals(await stage.recordedIds(), []);
  },
);

Deno.test(
  "generate image stops the server's work with a stderr that nobody reads",
  { ignore },
  async () => {
    await using stage = await openStage();
    await using unread = await startUnread(stage, [...GENERATE, "--progress", "json"], {
      unread: 2,
    });
    await stage.untilWorking(1);
    await unread.untilStuck();
    unread.process.kill("SIGINT");
    assertEquals(await unread.end(), 130);
    assertEquals(stage.server.counters.waiting_gens, 0);
    assertEquals(await stage.recordedIds(), []);
  },
);

for (const args of [["cancel"], ["cancel", "--everyone", "--yes"]]) {
  const name = `${args.join(" ")} ends at Ctrl-C while the server does not answer`;
  Deno.test(name, { ignore }, async () => {
    await using stage = await openStage();
    await using _generating = stage.generate();
    await stage.untilWorking(1);
    stage.server.fault({ route: "InterruptAll", kind: "hang", times: Infinity });
    const more = ["--request-timeout", "1m", "--format", "json"];
    await using cancelling = stage.start([...args, ...more]);
    await stage.untilAsked("InterruptAll");
    cancelling.process.kill("SIGINT");
    const { code, out, err } = await cancelling.end();
    assertEquals(code, 130);
    assert(/(^|\n)Error: Interrupted[^\n]+\n$/.test(err), err);
    assertEquals(readCancel(out).error?.code, "interrupted");
  });
}

Deno.test(
  "generate image saves no picture for longer than ten seconds after Ctrl-C",
  { ignore },
  async () => {
    await using stage = await openStage();
    stage.server.fault({ route: "View", kind: "hang_mid_body", times: Infinity });
    await using generating = stage.generate(["--batch", "3", "--save-images"]);
    await stage.untilWorking(3);
    await stage.pass(() => stage.server.counters.waiting_gens === 2);
    await waitFor(async () => (await userRecords(stage)).some((one) => one.images_done === 1), {
      what: "the first image",
    });
    generating.process.kill("SIGINT");
    const { code, err } = await generating.end();
    assertEquals(code, 130);
    assertStringIncludes(err, "Interrupted");
    assertEquals(await stage.recordedIds(), []);
  },
);

/** How all questions about a generation fail. */
const DEAF: readonly Fault[] = [
  { route: "GetCurrentStatus", kind: "hang", times: Infinity },
  { route: "GetCurrentStatus", kind: "status", status: 503, times: Infinity },
  { route: "GetCurrentStatus", kind: "json", body: { error: "no idea" }, times: Infinity },
];

for (const fault of DEAF) {
  Deno.test(`generate image over HTTP gives up a server that is silent for minutes: ${fault.kind}`, async () => {
    await using stage = await openStage();
    const clock = new ManualClock(Date.now());
    await using generating = generateHere(["--no-websocket"], { stage, clock });
    await stage.untilWorking(1);
    stage.server.fault(fault);
    let isOver = false;
    void generating.ended.then(() => isOver = true);
    const startMs = clock.monotonicMs();
    await waitFor(async () => {
      await clock.advance(2_000);
      return isOver;
    }, { what: "its end" });
    // After two minutes it gives up; then it asks for a short time whether the work is over.
    assert(clock.monotonicMs() - startMs < 600_000);
    const { code, out, err } = await generating.ended;
    assertEquals(code, 5, err);
    assertStringIncludes(err, `${stage.server.url} has not answered for 2 minutes`);
    const { error, server_may_work, session_id } = readGenerate(out);
    assertEquals([error?.code, server_may_work], ["unreachable", true]);
    // The server goes on working: the record is kept, so that others can see and cancel it.
    assertEquals(await stage.recordedIds(), [session_id]);
  });
}

Deno.test(
  "a second Ctrl-C ends generate image at once, whatever it waits for",
  { ignore },
  async () => {
    await using stage = await openStage();
    await using unread = await startUnread(stage, [...GENERATE, "--progress", "json"], {
      unread: 2,
    });
    await stage.untilWorking(1);
    await unread.untilStuck();
    stage.server.fault({ route: "InterruptAll", kind: "hang", times: Infinity });
    unread.process.kill("SIGINT");
    await stage.untilAsked("InterruptAll");
    unread.process.kill("SIGINT");
    assertEquals(await unread.end(), 130);
    assertEquals((await stage.recordedIds()).length, 1);
  },
);

Deno.test(
  "SIGHUP is ignored by a process without a terminal, as under nohup",
  { ignore },
  async () => {
    await using stage = await openStage();
    await using events = stage.start(["events"]);
    await events.nextLine();
    events.process.kill("SIGHUP");
    events.process.kill("SIGTERM");
    assertEquals((await events.end()).code, 130);

    stage.server.fault({ route: "GetGlobalStatus", kind: "slow", delayMs: 1_000 });
    await using status = stage.start(["status"]);
    await stage.untilAsked("GetGlobalStatus", 2);
    status.process.kill("SIGHUP");
    await stage.clock.advance(1_000);
    assertEquals((await status.end()).code, 0);
  },
);

Deno.test("generate and wait go on under nohup when their terminal is closed", {
  ignore: ignore || !hasTmux(),
}, async () => {
  await using stage = await openStage();
  const nohup = (args: readonly string[]): string =>
    `nohup ${programLine(args).map((word) => `'${word}'`).join(" ")}`;
  const script = `${nohup([...GENERATE, "--save-images", "--output-dir", "out"])} > generated &
    until [ -s ${stage.stateFile} ]; do sleep 0.1; done
    ${nohup(["wait", "--interval", "100ms"])} > waited; echo $? > code`;
  // The shell ends with its terminal: one that ignores the signal does what the next shell would
  // do.
  const line = `trap '' HUP; ${script}`;
  await using terminal = await openTmux(line, { directory: stage.here, env: stage.env });
  await stage.untilWorking(1);
  await stage.untilAsked("GetGlobalStatus");
  await terminal[Symbol.asyncDispose]();
  await stage.finish();
  await waitFor(async () => (await textOf(`${stage.here}/code`)) === "0\n", { what: "wait's end" });
  await waitFor(async () => (await textOf(`${stage.here}/generated`)).includes("out/"), {
    what: "the result",
  });
  assertEquals(stage.asked("InterruptAll"), 0);
});

/** A file's text; empty if the file does not exist. */
async function textOf(path: string): Promise<string> {
  return await Deno.readTextFile(path).catch(() => "");
}

Deno.test("SIGHUP of a terminal that is closed stops the server's work", {
  ignore: ignore || !hasTmux(),
}, async () => {
  await using stage = await openStage();
  const line = programLine(GENERATE).map((word) => `'${word}'`).join(" ");
  await using terminal = await openTmux(line, { directory: stage.here, env: stage.env });
  await stage.untilWorking(1);
  await terminal[Symbol.asyncDispose]();
  await stage.untilAsked("InterruptAll");
  await waitFor(async () => (await stage.recordedIds()).length === 0, { what: "no record" });
  assertEquals(stage.server.counters.waiting_gens, 0);
});
