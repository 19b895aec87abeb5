/** `wait` as a process: beside a generation, from cron, and when something is wrong. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { SHIPPED_PERMISSIONS } from "../../tasks/shipped.ts";
import { runCli } from "../support/cli_process.ts";
import type { CliResult } from "../support/cli_process.ts";
import { loadSchema } from "../support/json_schema.ts";
import { MODEL, openStage, REQUEST_TIMEOUT } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { withTempDir } from "../support/temp_dir.ts";
import type { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";
import { HAS_OWN_PERMISSIONS } from "../support/tested_program.ts";

/** Runs `wait --once` as cron does until it succeeds; returns all exit codes. */
async function cronUntilIdle(once: () => Promise<CliResult>): Promise<readonly number[]> {
  const codes: number[] = [];
  await waitFor(async () => {
    codes.push((await once()).code);
    return codes.at(-1) === 0;
  }, { what: "the window" });
  return codes;
}

/** The only file in `waits/`. */
async function windowFile(stateDirectory: string): Promise<string> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(`${stateDirectory}/waits`)) {
    if (name !== ".lock") names.push(name);
  }
  assertEquals(names.length, 1);
  return `${stateDirectory}/waits/${names[0]}`;
}

Deno.test("wait waits for a generation of another process, and reports when it has ended", async () => {
  const isStatus = await loadSchema("status.v1.json");
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "2"]);
  await stage.untilWorking(2);
  await using waiting = stage.start(["wait", "--interval", "100ms", "--format", "json"], {
    cwd: stage.elsewhere,
  });
  const busy = JSON.parse(await waiting.nextLine());
  assertEquals([busy.event, busy.verdict, busy.images_outstanding], ["verdict.changed", "busy", 2]);
  await stage.finish();
  assertEquals((await generating.end()).code, 0);
  const { code, out, err } = await waiting.end();
  const [idle, last] = out.trim().split("\n").map((line) => JSON.parse(line)).slice(-2);
  assertEquals([code, idle.verdict, last.verdict, last.wait.ended], [0, "idle", "idle", "idle"]);
  assertEquals(isStatus(last), []);
  assert(/^Busy: 1 generation, image 1 of 2\n/.test(err), err);
});

Deno.test({
  name: "wait ends with 130 by a signal",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    await using stage = await openStage();
    await using _generating = stage.generate();
    await stage.untilWorking(1);
    await using waiting = stage.start(["wait", "--format", "json"]);
    await waiting.nextLine();
    waiting.process.kill("SIGTERM");
    const { code, out } = await waiting.end();
    assertEquals([code, JSON.parse(out).error.code], [130, "interrupted"]);
  },
});

Deno.test("wait --once from cron reaches its window, and starts again after a run between two looks", async () => {
  await using server = await startSimulator({
    models: [{ name: MODEL }],
    backends: [{ model: MODEL }],
    secondsPerStep: 0.001,
    closePauseMs: 0,
  });
  await withTempDir(async (dir: TempDir) => {
    const env = {
      ASSET_GENERATOR_API_URL: server.url,
      ASSET_GENERATOR_REQUEST_TIMEOUT: REQUEST_TIMEOUT,
    };
    const options = { cwd: dir.path, env };
    const once = () => runCli(["wait", "--once", "--idle-for", "800ms"], options);
    const codes = await cronUntilIdle(once);
    assertEquals(codes[0], 8);
    assert(codes.slice(0, -1).every((code) => code === 8), codes.join());

    const made = await runCli(["generate", "image", "-p", "a cat", "--steps", "1"], options);
    assertEquals(made.code, 0, made.err);
    const { code, out, err } = await once();
    assertEquals([code, out], [8, "Idle for 0s of 800ms\n"]);
    assertEquals(err, `Error: ${server.url} has not been idle for 800ms yet\n`);
    assertEquals((await cronUntilIdle(once)).at(-1), 0);

    const file = await windowFile(dir.join("user-state"));
    if (Deno.build.os !== "windows") assertEquals((Deno.statSync(file).mode ?? 0) & 0o777, 0o600);
    Deno.writeTextFileSync(file, Deno.readTextFileSync(file).slice(0, 100));
    assertEquals((await once()).code, 8);
    // Ages from before the first look count only if they are trusted, and the message says so.
    const args = ["wait", "--once", "--idle-for", "500ms", "--trust-ages", "--format", "json"];
    const trusted = await waitFor(async () => {
      const { code, out } = await runCli(args, options);
      return code === 0 && JSON.parse(out);
    }, { what: "ages of a second" });
    assertEquals(trusted.wait.quiet_basis, "backend_ages");
  });
});

Deno.test("wait --once of several processes at once keeps one window, whole", async () => {
  await using stage = await openStage();
  const args = ["wait", "--once", "--idle-for", "1h", "--format", "json"];
  const first = await Promise.all([1, 2, 3, 4].map(() => stage.run(args)));
  assertEquals(first.map(({ code }) => code), [8, 8, 8, 8]);
  const { window } = JSON.parse(
    await Deno.readTextFile(await windowFile(stage.stateDirectory)),
  );
  const second = await Promise.all([1, 2, 3, 4].map(() => stage.run(args)));
  const after = JSON.parse(await Deno.readTextFile(await windowFile(stage.stateDirectory)));
  assertEquals(after.window.sinceMs, window.sinceMs);
  assert(after.window.last.askedAtMs > window.last.askedAtMs);
  assertEquals(second.map(({ code }) => code), [8, 8, 8, 8]);
});

Deno.test("wait --once names the permission without which it cannot keep its window", {
  ignore: HAS_OWN_PERMISSIONS,
}, async () => {
  await using stage = await openStage();
  const args = ["wait", "--once", "--idle-for", "1m", "--format", "json"];
  const permissions = SHIPPED_PERMISSIONS.filter((flag) => flag !== "--allow-write");
  const { code, out } = await stage.run(args, { permissions });
  assertEquals(code, 4);
  assertEquals(JSON.parse(out).error, {
    code: "not_permitted",
    message: `Cannot remember this wait in "${stage.stateDirectory}/waits": ` +
      `Deno does not allow it (add --allow-write=${stage.stateDirectory})`,
  });
  // Without `--idle-for` nothing is stored, so no permission is needed.
  assertEquals((await stage.run(["wait", "--once"], { permissions })).code, 0);
});

Deno.test(
  "wait reports refusals and silence by its exit code",
  { ignore: HAS_OWN_PERMISSIONS },
  async () => {
    await using stage = await openStage({ permissions: [] });
    const hidden = await refusal(stage, ["wait"]);
    assertEquals([hidden.code, hidden.error], [4, "unknown"]);
    assertStringIncludes(hidden.message, "it needs the permission ");
    const noNet = SHIPPED_PERMISSIONS.filter((flag) => flag !== "--allow-net");
    const notAsked = await refusal(stage, ["wait"], noNet);
    assertEquals([notAsked.code, notAsked.error], [4, "unknown"]);
    assertStringIncludes(notAsked.message, "it needs --allow-net=127.0.0.1:");
    await stage.server.stop();
    const silent = await refusal(stage, ["wait"]);
    assertEquals([silent.code, silent.error], [5, "unreachable"]);
  },
);

async function refusal(
  stage: Stage,
  args: readonly string[],
  permissions?: readonly string[],
): Promise<{ readonly code: number; readonly error: string; readonly message: string }> {
  const { code, out } = await stage.run([...args, "--format", "json"], {
    ...(permissions === undefined ? {} : { permissions }),
  });
  const { error } = JSON.parse(out.trim().split("\n").at(-1) ?? "");
  return { code, error: error.code, message: error.message };
}
