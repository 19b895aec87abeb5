/**
 * Runs what `docs/automation.md` recommends for cron, systemd and GitHub, and its loop over events.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parse } from "@std/yaml";
import * as v from "valibot";
import { blocksOf, readPages } from "./support/doc_pages.ts";
import { countShortened, openDocShell } from "./support/doc_shell.ts";
import type { DocShell } from "./support/doc_shell.ts";
import { ManualClock } from "./support/manual_clock.ts";
import { hasCommand } from "./support/shell.ts";
import { tempDir } from "./support/temp_dir.ts";
import type { TempDir } from "./support/temp_dir.ts";
import { waitFor } from "./support/wait_for.ts";

const BLOCKS = readPages().filter(({ path }) => path === "docs/automation.md").flatMap(blocksOf);

/** The examples are for a POSIX shell; some need jq and flock. */
const ignore = Deno.build.os === "windows" || !hasCommand("jq") || !hasCommand("flock");

function textsIn(language: string): readonly string[] {
  return BLOCKS.filter((block) => block.language === language).map(({ text }) => text);
}

async function hasRun(home: TempDir): Promise<boolean> {
  try {
    return (await Deno.readTextFile(home.join("ran"))) !== "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("docs/automation.md: every example is run, and waited for less in six places", () => {
  const kinds = BLOCKS.map(({ language }) => language).filter((language) => language !== "sh");
  assertEquals(kinds, ["crontab", "crontab", "ini", "ini", "xml", "text", "yaml"]);
  const others = BLOCKS.filter(({ language }) => language !== "sh");
  assertEquals(others.reduce((count, { text }) => count + countShortened(text), 0), 6);
});

Deno.test({
  name: "docs/automation.md: the lines of cron run the job in the end",
  ignore,
  fn: async () => {
    await using shell = await openDocShell();
    for (const table of textsIn("crontab")) {
      const [setting = "", line = ""] = table.trim().split("\n");
      assertMatch(setting, /^PATH=\/\S+$/);
      const [, command = ""] = /^(?:[\d*/,-]+ ){5}(\S.*)$/.exec(line) ?? [];
      // cron treats a percent sign as a line break.
      assertEquals([command === "", command.includes("%")], [false, false], line);
      await using home = await tempDir();
      let runs = 0;
      // Like cron: again, a minute later.
      await waitFor(async () => {
        runs++;
        const { err } = await shell.run(command, { home, shell: ["sh"] });
        assertEquals(err, "");
        return await hasRun(home);
      }, { what: line });
      assertEquals(runs > 1, line.includes("--once"));
    }
  },
});

Deno.test({
  name: "docs/automation.md: systemd accepts the units, and their programs do what they say",
  ignore,
  fn: async () => {
    await using shell = await openDocShell();
    await using home = await tempDir();
    await installUnits(shell, home);
    const service = await Deno.readTextFile(home.join("nightly-job.service"));
    const [asked = ""] = linesOf(service, "ExecCondition");
    const [job = ""] = linesOf(service, "ExecStart");
    const [path = "", address = ""] = linesOf(service, "Environment");
    assertMatch(path, /^PATH=[^:]+\/\.deno\/bin:/);
    assertEquals(address, `ASSET_GENERATOR_API_URL=${shell.simulator.url}`);
    const user = {
      home,
      shell: ["/bin/sh", "-eu"],
      env: { PATH: path.slice("PATH=".length).replace(/:.*/, `:${home.join("system")}`) },
    };
    const idle = await shell.run(asked, user);
    assertEquals([idle.code, idle.err], [0, "Idle for 0s of 200ms\n"]);
    assertEquals((await shell.run(job, user)).code, 0);
    assert(await hasRun(home));
    // systemd skips the service for any code from 1 to 254.
    await shell.simulator.stop();
    assertEquals((await shell.run(asked, user)).code, 5);
  },
});

Deno.test({
  name: "docs/automation.md: launchd's job waits and runs, and the Windows task is the same",
  ignore,
  fn: async () => {
    await using shell = await openDocShell();
    await using home = await tempDir();
    const [xml = ""] = textsIn("xml");
    assert(xml.startsWith("<?xml "));
    // What is opened last is closed first.
    const open: string[] = [];
    for (const [, end, name = ""] of xml.matchAll(/<(\/?)([a-z]+)[^>]*>/gi)) {
      if (end) assertEquals(open.pop(), name);
      else open.push(name);
    }
    assertEquals(open, []);
    const [sh, c, command = ""] = [...xml.matchAll(/<string>(\S.*)<\/string>/g)].slice(1)
      .map(([, value = ""]) => value.replaceAll("&amp;", "&"));
    assertEquals([sh, c], ["/bin/sh", "-c"]);
    await installHere(shell, home);
    const { code, err } = await shell.run(command, {
      home,
      shell: ["/bin/sh"],
      env: { PATH: home.join("system") },
    });
    assertEquals([code, err], [0, ""]);
    assert(await hasRun(home));
    const [windows = ""] = textsIn("text");
    const [, told = ""] = / \/TR "cmd \/c (.+)"$/.exec(windows.trim()) ?? [];
    assertEquals(command.replace(/^PATH="[^"]+"; /, ""), told);
  },
});

/**
 * Writes the units and what they run to the places that the page names, and has systemd check them
 * if it is installed.
 */
async function installUnits(shell: DocShell, home: TempDir): Promise<void> {
  await installHere(shell, home);
  const paths: string[] = [];
  for (const text of textsIn("ini")) {
    const [, name = ""] = /^# ~\/\.config\/systemd\/user\/(\S+)\n/.exec(text) ?? [];
    paths.push(home.join(name));
    await Deno.writeTextFile(home.join(name), shell.adapt(text).replaceAll("%h", home.path));
  }
  assertEquals(paths, ["service", "timer"].map((kind) => home.join(`nightly-job.${kind}`)));
  if (!hasCommand("systemd-analyze")) return;
  const { code, err } = await shell.run(`systemd-analyze verify --user ${paths.join(" ")}`, {
    home,
    env: { XDG_RUNTIME_DIR: home.path },
  });
  assertEquals(code, 0, err);
  // It also reports the machine's own units.
  assertEquals(err.includes("nightly-job"), false, err);
}

/**
 * Puts the tool as `deno install` makes it, `deno` and the job to where they are for a user. The
 * tool finds `deno` only on the PATH. `~/system` stands for the directories that are always on it.
 */
async function installHere(shell: DocShell, home: TempDir): Promise<void> {
  for (const name of ["deno", "nightly-job"]) {
    const folder = home.join(name === "nightly-job" ? ".local/bin" : ".deno/bin");
    await Deno.mkdir(folder, { recursive: true });
    const { out } = await shell.run(`command -v ${name}`, { home });
    await Deno.symlink(out.trim(), `${folder}/${name}`);
  }
  await Deno.mkdir(home.join("system"));
  await Deno.symlink("/usr/bin/tee", home.join("system/tee"));
  const { out } = await shell.run('cat "$(command -v asset-generator)"', { home });
  const installed = out.replace(`'${Deno.execPath()}'`, "deno");
  assertStringIncludes(installed, "exec deno 'run'");
  await Deno.writeTextFile(home.join(".deno/bin/asset-generator"), installed, { mode: 0o755 });
}

function linesOf(unit: string, key: string): readonly string[] {
  return [...unit.matchAll(new RegExp(`^${key}=(.+)$`, "gm"))].map(([, value = ""]) => value);
}

const STEP = v.looseObject({ "run": v.string(), "if": v.optional(v.string()) });
const WORKFLOW = v.looseObject({
  name: v.string(),
  on: v.looseObject({}),
  env: v.record(v.string(), v.string()),
  jobs: v.record(
    v.string(),
    v.looseObject({ "runs-on": v.array(v.string()), steps: v.array(STEP) }),
  ),
});

Deno.test({
  name: "docs/automation.md: the workflow's steps do what they say",
  ignore: ignore || !hasCommand("bash"),
  fn: async () => {
    await using shell = await openDocShell();
    const [text = ""] = textsIn("yaml");
    const { jobs, env } = v.parse(WORKFLOW, parse(shell.adapt(text)));
    assertEquals(Object.keys(jobs), ["wait", "ask"]);
    for (const { steps } of Object.values(jobs)) {
      await using home = await tempDir();
      const output = home.join("output");
      for (const step of steps) {
        if (step.if !== undefined) {
          assertEquals(step.if, "steps.gpu.outputs.verdict == 'idle'");
          assertEquals(await Deno.readTextFile(output), "verdict=idle\n");
        }
        // The way GitHub runs a script if no shell is named.
        const { code, err } = await shell.run(step.run, {
          home,
          shell: ["bash", "-e"],
          env: { ...env, GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: home.join("summary") },
        });
        assertEquals(code, 0, err);
      }
      assert(await hasRun(home));
    }
  },
});

Deno.test({
  name: "docs/automation.md: the loop over events stops and starts what it is for",
  ignore,
  fn: async () => {
    // The server works until the loop has noticed it, and no longer.
    const clock = new ManualClock(Date.now());
    await using shell = await openDocShell({ clock });
    await using home = await tempDir();
    const [loop = ""] = textsIn("sh").filter((text) => text.includes("gpu-job"));
    const script = shell.start(loop, { home });
    const start = "gpu-job start\n";
    async function untilPrinted(text: string, passMs = 0): Promise<void> {
      await waitFor(async () => {
        await clock.advance(passMs);
        return script.printed() === text;
      }, { what: text });
    }
    try {
      await untilPrinted(start);
      const generating = shell.run(
        "asset-generator generate image -p 'a cat' --model sdxl/base --quiet",
        { home },
      );
      await untilPrinted(`${start}gpu-job stop\n`);
      await untilPrinted(`${start}gpu-job stop\n${start}`, 50);
      assertStringIncludes((await generating).out, "/View/");
    } finally {
      await script.interrupt();
    }
    const { code, err } = await script.ended;
    assertEquals([code, err], [0, ""]);
  },
});
