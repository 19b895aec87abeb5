/** `wait --claim` and `release`: of all who wait exactly one goes on. */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { twoMachines } from "../support/machines.ts";
import { MemoryTerminal } from "../support/memory_terminal.ts";
import { type HereOptions, runHere, startHere } from "../support/program_here.ts";
import { HAS_REDIS, startRedis } from "../support/redis_server.ts";
import { ShiftedClock } from "../support/shifted_clock.ts";
import { openStage, type Stage } from "../support/stage.ts";
import { readStatus } from "../support/status_json.ts";
import { waitFor } from "../support/wait_for.ts";

const CLAIM = ["wait", "--claim", "nightly", "--interval", "100ms"];

/** Claims are kept by this user on one machine, or by a Redis for two. */
for (const place of ["this user's files", "Redis"]) {
  const ignore = place === "Redis" && !HAS_REDIS;

  Deno.test(
    `of two who wait for a claim one goes on, and the other when it is given back: ${place}`,
    {
      ignore,
    },
    async () => {
      await using stage = await openStage();
      await using world = await openWorld(stage, place);
      const [here, there] = world.machines;
      const first = await runHere([...CLAIM, "--format", "json"], here);
      assertEquals(first.code, 0, first.err);
      const { claim, claimed_by } = readLast(first.out).wait;
      assertEquals([claim.name, claimed_by], ["nightly", null]);
      // Real time passes between taking it and looking at it.
      assertAlmostEquals(claim.expires_in_seconds, 3600, 30);

      const told = (await runHere(["status", "--format", "json"], there)).out;
      const status = readStatus(told);
      const [seen, ...more] = JSON.parse(told).claims;
      assertEquals([seen.id, seen.name, more], [claim.id, "nightly", []]);
      // A claim binds those who ask for one; it says nothing about the server.
      assertEquals(status.verdict, "idle");
      assertEquals((await runHere(["wait", "--timeout", "0"], there)).code, 0);

      const once = await runHere(["wait", "--once", "--claim", "other"], there);
      assertEquals(once.code, 8, once.err);
      assertStringIncludes(once.out, "Not free: the server is held by nightly on ");

      stage.server.clearRequests();
      const terminal = new MemoryTerminal();
      await using second = startHere([...CLAIM, "--format", "json"], { ...there, terminal });
      let isOver = false;
      void second.ended.then(() => isOver = true);
      await waitFor(() => terminal.errText.includes("Waiting: the server is held by nightly on "), {
        what: "it to wait for the claim",
      });
      assertEquals((await runHere(["release", "claim-nobody"], there)).code, 2);
      assertEquals(isOver, false);
      const released = await runHere(["release", claim.id], there);
      assertEquals([released.code, released.out], [0, `${claim.id} released\n`], released.err);
      const { code, out, err } = await second.ended;
      assertEquals(code, 0, err);
      assert(readLast(out).wait.claim.id !== claim.id);
    },
  );

  Deno.test(`a claim that nobody gives back ends with its time: ${place}`, { ignore }, async () => {
    await using stage = await openStage();
    await using world = await openWorld(stage, place);
    const [here, there] = world.machines;
    const first = await runHere([...CLAIM, "--claim-for", "1s"], here);
    assertEquals(first.code, 0, first.err);
    assertStringIncludes(first.out, "Idle\nClaimed for 1s: claim-");
    const second = await runHere(CLAIM, there);
    assertEquals(second.code, 0, second.err);
  });
}

Deno.test("a claim is shown by status --all, and by both that watch", async () => {
  await using stage = await openStage();
  const claim = (await runHere([...CLAIM, "--get", "wait.claim.id"], { stage })).out.trim();
  const config = `${stage.here}/config.yaml`;
  await Deno.writeTextFile(
    config,
    `servers:\n  gpu: { api-url: "${stage.server.url}" }\n  gone: { api-url: "http://127.0.0.1:1" }\n`,
  );
  const env = { ASSET_GENERATOR_API_URL: "" };
  const all = ["status", "--all", "--config", config];
  const text = (await runHere(all, { stage, env })).out;
  assertMatch(text, /^gpu: held by nightly( on \S+)? for (59|60)\.\dm more$/m);
  const json = (await runHere([...all, "--format", "json"], { stage, env })).out;
  assertEquals(claimsOf(JSON.parse(json).servers), [[claim], []]);
  const terminal = new MemoryTerminal();
  await using _all = startHere([...all, "--watch"], { stage, env, terminal });
  const seen = await waitFor(() => firstLine(terminal), { what: "all servers to be shown" });
  assertEquals(claimsOf(seen.servers), [[claim], []]);
  const other = new MemoryTerminal();
  await using _one = startHere(["status", "--watch"], { stage, terminal: other });
  const page = await waitFor(() => firstLine(other), { what: "the server to be shown" });
  assertEquals(claimsOf([page]), [[claim]]);
});

// deno-lint-ignore no-explicit-any -- checked by the schema
function claimsOf(documents: readonly any[]): readonly (readonly string[])[] {
  return documents.map(({ claims }) => claims.map(({ id }: { readonly id: string }) => id));
}

// deno-lint-ignore no-explicit-any -- checked by the schema
function firstLine({ outText }: MemoryTerminal): any {
  return outText.includes("\n") ? JSON.parse(outText.split("\n")[0] ?? "") : null;
}

Deno.test("50 who wait ask the server no more while somebody holds it", async () => {
  await using stage = await openStage();
  const first = await runHere([...CLAIM, "--get", "wait.claim.id"], { stage });
  stage.server.clearRequests();
  await using stack = new AsyncDisposableStack();
  const terminals = Array.from({ length: 50 }, () => new MemoryTerminal());
  let gone = 0;
  for (const terminal of terminals) {
    const run = stack.use(startHere(["wait", "--claim", "nightly"], { stage, terminal }));
    void run.ended.then(({ code }) => code === 0 && gone++);
  }
  const isWaiting = ({ errText }: MemoryTerminal): boolean => errText.includes("Waiting: ");
  await waitFor(() => terminals.every(isWaiting), { what: "all to wait for the claim" });
  const looks = (): number => stage.asked("GetGlobalStatus");
  const asked = looks();
  // One look each.
  assertEquals([asked, gone], [50, 0]);
  await runHere(["release", first.out.trim()], { stage });
  await waitFor(() => gone === 1, { what: "one to go on" });
  await stage.run(["--version"]);
  assertEquals(gone, 1);
  // Not every one of them looked because the claim was given back.
  assert(looks() - asked < 25, `${looks() - asked}`);
});

Deno.test("wait --claim says what does not go together", async () => {
  await using stage = await openStage();
  for (
    const [args, message] of [
      ["wait --claim-for 1h", "Cannot use --claim-for without --claim"],
      ["wait gen-abc --claim x", "Cannot use --claim with an ID"],
      ["wait --claim a/b", 'Cannot use --claim "a/b": expected a name of letters'],
      ["release a/b", 'Cannot use the argument "a/b": expected the ID of a claim'],
    ] as const
  ) {
    const { code, err } = await runHere(args.split(" "), { stage });
    assertEquals(code, 2);
    assertStringIncludes(err, message);
  }
});

Deno.test("no claim is taken while Redis is away", { ignore: !HAS_REDIS }, async () => {
  await using stage = await openStage();
  await using redis = await startRedis();
  const env = { ASSET_GENERATOR_REDIS_URL: redis.url };
  await redis.kill();
  const once = await runHere([...CLAIM.slice(0, 3), "--once"], { stage, env });
  assertEquals(once.code, 1, once.err);
  assertStringIncludes(once.err, "Cannot take a claim by Redis at ");
  const terminal = new MemoryTerminal();
  await using waiting = startHere(CLAIM, { stage, env, terminal });
  await waitFor(() => terminal.errText.includes("; trying again\n"), { what: "an attempt" });
  await redis.restart();
  const { code, err } = await waiting.ended;
  assertEquals(code, 0, err);
});

type Place = HereOptions & { readonly stage: Stage };

async function openWorld(
  stage: Stage,
  place: string,
): Promise<AsyncDisposable & { readonly machines: readonly [Place, Place] }> {
  if (place === "Redis") {
    const redis = await startRedis();
    const [north, south] = twoMachines(stage, redis);
    return {
      machines: [north, { ...south, clock: new ShiftedClock(3_600_000) }],
      [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
    };
  }
  return {
    machines: [{ stage }, { stage, cwd: stage.elsewhere }],
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

// deno-lint-ignore no-explicit-any -- checked by the schema
function readLast(out: string): any {
  return JSON.parse(out.trim().split("\n").at(-1) ?? "");
}
