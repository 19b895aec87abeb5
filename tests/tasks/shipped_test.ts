import { assertEquals, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../src/cli/command.ts";
import { runCli } from "../support/cli_process.ts";
import { assertGrants, GRANT_SUBSETS } from "../support/grants.ts";
import { REDIS_FILE } from "../../tasks/bundle.ts";
import { HAS_REDIS, startRedis } from "../support/redis_server.ts";
import { type ShippedForms, shippedForms } from "../support/shipped_forms.ts";
import { openStage, REQUEST_TIMEOUT } from "../support/stage.ts";
import { programLine } from "../support/tested_program.ts";

const SMOKE = new URL("../../tasks/smoke.ts", import.meta.url).href;
const PERMISSIONS = ["--no-prompt", "--allow-run", "--allow-read", "--allow-write"];

async function smoke(line: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<{
  readonly code: number;
  readonly out: string;
  readonly err: string;
}> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...PERMISSIONS, SMOKE, ...line],
    env: { ...env },
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("the one file behaves like the source, by path and by URL", async (t) => {
  await using forms = await shippedForms();
  const env = { ...forms.env };
  for (const file of [forms.path, forms.url]) {
    await t.step(
      `the smoke test holds for ${file === forms.url ? "a URL" : "a path"}`,
      async () => {
        const { code, out, err } = await smoke([file], env);
        assertEquals([code, err], [0, ""]);
        assertStringIncludes(out, "ok: cancel stops it, and status says idle\n");
      },
    );
    await t.step("status answers with each set of grants", async () => {
      await using stage = await openStage();
      const line = ["status", "--request-timeout", REQUEST_TIMEOUT, "--api-url", stage.server.url];
      for (const grants of GRANT_SUBSETS) {
        const options = { cwd: stage.here, env: { ...stage.env, ...env }, file };
        const permissions = grants.grants;
        assertGrants(
          grants,
          await runCli([...line, "--format", "json"], { ...options, permissions }),
        );
      }
    });
  }
  await t.step({
    name: "it speaks to Redis, if its second file is there",
    ignore: !HAS_REDIS,
    fn: () => assertRedis(forms),
  });
  // Deno fetches in advance what may be loaded later.
  const files = ["/asset-generator.js", `/${REDIS_FILE}`];
  assertEquals([...new Set(forms.asked)], files, "it loads nothing but itself");
  await t.step("by URL it runs without the web server, from Deno's cache", async () => {
    await forms.closeServer();
    const [program, ...args] = programLine(["--version"], { file: forms.url });
    const { code, stdout } = await new Deno.Command(program, { args, env }).output();
    assertEquals(code, 0);
    assertStringIncludes(new TextDecoder().decode(stdout), "(one file, Deno ");
    // What the install page says about --reload: it asks the server, which is not there.
    const reload = args.toSpliced(1, 0, "--reload");
    assertEquals((await new Deno.Command(program, { args: reload, env }).output()).code, 1);
  });
});

async function assertRedis({ path, url, env }: ShippedForms): Promise<void> {
  await using stage = await openStage();
  // The second file has classes of its own: its failures are not bugs of the first one.
  const about = { cwd: stage.here, env: { ...stage.env, ...env }, file: path };
  const args = ["release", "claim-a", "--redis-url", "redis://127.0.0.1:1"];
  const released = await runCli(args, about);
  assertEquals([released.code, released.err], [
    1,
    "Error: Cannot give a claim back by Redis at 127.0.0.1:1: nothing listens there\n",
  ]);
  const forbidden = await runCli(args, {
    ...about,
    permissions: ["--allow-read", "--allow-write", "--allow-env=ASSET_GENERATOR_*"],
  });
  assertEquals(forbidden.code, 4);
  assertStringIncludes(forbidden.err, "Deno does not allow it (add --allow-net=127.0.0.1:1)");
  await using redis = await startRedis();
  const redisLine = async (file: string): Promise<string> => {
    const args = ["status", "--verbose", "--redis-url", redis.url];
    const hosts = [stage.server.url, redis.url].map((each) => new URL(each).host);
    const { err } = await runCli(args, {
      cwd: stage.here,
      env: { ...stage.env, ...env },
      file,
      permissions: [`--allow-net=${hosts.join(",")}`, "--allow-env=ASSET_GENERATOR_*"],
    });
    return /^All machines' records: .*(?= \()/m.exec(err)?.[0] ?? err;
  };
  for (const file of [path, url]) {
    assertEquals(await redisLine(file), "All machines' records: 0 records, 0 of them running");
  }
  const [beside, aside] = [path.replace("asset-generator.js", REDIS_FILE), `${path}.aside`];
  await Deno.rename(beside, aside);
  assertEquals(
    await redisLine(path),
    "All machines' records: not known, Cannot use Redis: asset-generator-redis.js is not beside the " +
      "tool (put it there, from the same release)",
  );
  const code = await Deno.readTextFile(aside);
  await Deno.writeTextFile(beside, code.replace(/(TOOL_VERSION = ")[\d.]+/, "$10.0.9"));
  assertEquals(
    await redisLine(path),
    "All machines' records: not known, Cannot use Redis: asset-generator-redis.js is of version " +
      `0.0.9, and the tool of ${VERSION} (put both from the same release beside each other)`,
  );
  await Deno.writeTextFile(beside, 'throw new Error("NEW REDIS HALF");');
  assertEquals(
    await redisLine(path),
    "All machines' records: not known, Cannot use Redis: its part of the tool cannot be loaded: " +
      "NEW REDIS HALF",
  );
  await Deno.rename(aside, beside);
}

Deno.test("the smoke test says what failed", async () => {
  const { code, out, err } = await smoke([Deno.execPath()]);
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, "FAILED: --version: deno ");
});
