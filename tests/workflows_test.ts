/** The workflows: whether they are well-formed, what they may do, and what their scripts do. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { parse } from "@std/yaml";
import { VERSION } from "../src/cli/command.ts";
import { pack } from "../tasks/release/archive.ts";
import { TARGETS } from "../tasks/release/targets.ts";
import { releaseNotes } from "../tasks/release_notes.ts";
import { hasCommand } from "./support/shell.ts";
import { withTempDir } from "./support/temp_dir.ts";

const ROOT = new URL("../", import.meta.url);
const PATHS = [".github/workflows/ci.yml", ".github/workflows/release.yml"];

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  readonly strategy?: {
    readonly matrix: { readonly include: readonly { readonly target: string }[] };
  };
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

async function readWorkflow(path: string): Promise<Workflow> {
  // What actionlint has found well-formed has this shape.
  return parse(await Deno.readTextFile(new URL(path, ROOT))) as Workflow;
}

/** The script of a step of the release. */
async function scriptOf(job: string, name: string): Promise<string> {
  const { jobs } = await readWorkflow(".github/workflows/release.yml");
  const run = jobs[job]?.steps.find((step) => step.name === name)?.run;
  assert(run !== undefined, `${job} has no step "${name}"`);
  return run;
}

async function runScript(text: string, options: {
  readonly cwd: string | URL;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<{ readonly code: number; readonly err: string }> {
  const { code, stderr } = await new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", text],
    cwd: options.cwd,
    env: { ...options.env },
    stdin: "null",
  }).output();
  return { code, err: new TextDecoder().decode(stderr) };
}

Deno.test("actionlint finds nothing in the workflows", async () => {
  const script = new URL("support/lint_workflows.ts", import.meta.url).href;
  const { stdout, stderr, code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", script, ...PATHS],
    cwd: ROOT,
  }).output();
  const [found, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals({ found, code }, { found: "", code: 0 }, err);
});

for (const path of PATHS) {
  Deno.test(`${path} pins its actions by commit, and has no right that no job names`, async () => {
    const { permissions, jobs } = await readWorkflow(path);
    assert(Object.values(permissions).every((right) => right === "read"));
    for (const { steps, permissions: own = {} } of Object.values(jobs)) {
      const uses = steps.flatMap((step) => step.uses ?? []);
      for (const action of uses) assertMatch(action, /^[\w-]+\/[\w-]+@[\da-f]{40}$/);
      // Only the job that makes the draft may write, and it runs nothing of the repository.
      const writes = Object.values(own).includes("write");
      assertEquals(writes && uses.some((action) => action.startsWith("actions/checkout@")), false);
    }
  });
}

Deno.test("the release tries the executable of each system", async () => {
  const { jobs } = await readWorkflow(".github/workflows/release.yml");
  const tried = jobs.smoke?.strategy?.matrix.include.map(({ target }) => target);
  assertEquals(tried?.toSorted(), TARGETS.map(({ name }) => name).toSorted());
});

Deno.test("the release unpacks what compile packs, wherever it is for", {
  ignore: !hasCommand("bash") || !hasCommand("unzip", "-v"),
}, async () => {
  const unpack = await scriptOf("smoke", "Unpack");
  for (const { name, ending, archive } of TARGETS) {
    await withTempDir(async (dir) => {
      await Deno.mkdir(dir.join("release"));
      const folder = `asset-generator-${VERSION}-${name}`;
      const bytes = new TextEncoder().encode("#!/bin/sh\necho it runs\n");
      const program = { path: `${folder}/asset-generator${ending}`, bytes, isExecutable: true };
      const packed = await pack([program], archive);
      await Deno.writeFile(dir.join("release", `${folder}.${archive}`), packed);
      assertEquals(await runScript(unpack, { cwd: dir.path, env: { TARGET: name } }), {
        code: 0,
        err: "",
      });
      // The words of the next step, as its shell finds them.
      const { stdout } = await new Deno.Command("bash", {
        args: ["-c", "dist/smoke/*/asset-generator*"],
        cwd: dir.path,
      }).output();
      assertEquals(new TextDecoder().decode(stdout), "it runs\n", name);
    });
  }
});

Deno.test("the release tries the one file, and attests only what it has compared", async () => {
  assertEquals(
    await scriptOf("smoke", "Try the one file"),
    "deno task smoke release/asset-generator.js",
  );
  const compare = await scriptOf("draft", "What was built is what is attested");
  await withTempDir(async (dir) => {
    await Deno.writeTextFile(dir.join("file"), "built\n");
    const hash = new Uint8Array(
      await crypto.subtle.digest("SHA-256", await Deno.readFile(dir.join("file"))),
    );
    await Deno.writeTextFile(dir.join("SHA256SUMS"), `${hash.toHex()}  file\n`);
    assertEquals((await runScript(compare, { cwd: dir.path })).code, 0);
    await Deno.writeTextFile(dir.join("file"), "changed\n");
    assertEquals((await runScript(compare, { cwd: dir.path })).code, 1);
  });
});

Deno.test("the release refuses a tag whose commit is not on main", {
  ignore: !hasCommand("git"),
}, async () => {
  const check = await scriptOf("build", "The tag is on main");
  await withTempDir(async (dir) => {
    const commit = "git -c user.name=a -c user.email=a@b commit --quiet --allow-empty --message";
    const made = await runScript(
      `git init --quiet --initial-branch main origin && cd origin && ${commit} one && git tag v1 && ` +
        `${commit} two && git checkout --quiet -b aside && ${commit} three && git tag v2 && ` +
        "git checkout --quiet main && cd .. && git clone --quiet origin copy",
      { cwd: dir.path, env: { GIT_CONFIG_GLOBAL: "/dev/null" } },
    );
    assertEquals(made, { code: 0, err: "" });
    const ended = async (tag: string): Promise<unknown> =>
      await runScript(`git checkout --quiet ${tag}\n${check}`, {
        cwd: dir.join("copy"),
        env: { GITHUB_REF_NAME: tag },
      });
    assertEquals(await ended("v1"), { code: 0, err: "" });
    assertEquals(await ended("v2"), {
      code: 1,
      err: "Cannot release v2: main does not contain its commit (merge it, then tag it)\n",
    });
  });
});

Deno.test("the release's notes are the changelog's section of the version that is tagged", async () => {
  const changelog =
    "# Changelog\n\n## Unreleased\n\n- c\n\n## 1.2.0 - 2026-01-01\n\n- a\n\n- b\n\n" +
    "## [1.1.0] - 2025\n\n- old\n\n## 1.0.0\n";
  const notes = (tag: string): string => releaseNotes(changelog, { tag, version: tag.slice(1) });
  assertEquals(notes("v1.2.0"), "- a\n\n- b\n");
  assertEquals(notes("v1.1.0"), "- old\n");
  assertThrows(() => notes("v1.0.0"), Error, "CHANGELOG.md says nothing of it");
  assertThrows(() => notes("v1.2"), Error, 'expected "## 1.2 - DATE"');
  assertThrows(
    () => releaseNotes(changelog, { tag: "v1.2.0", version: "1.2.1" }),
    Error,
    "Cannot release v1.2.0: this is version 1.2.1 (tag it v1.2.1)",
  );
  const step = await scriptOf("build", "The tag is the version, and the changelog tells of it");
  await withTempDir(async (dir) => {
    const script = step.replace("notes.md", `'${dir.join("notes.md")}'`);
    const { code, err } = await runScript(script, { cwd: ROOT, env: { GITHUB_REF_NAME: "v0" } });
    assertEquals(code, 1);
    assertMatch(err, /Error: Cannot release v0: this is version/);
  });
});

Deno.test("the package contains the tool, its schemas and its pages, and nothing else", async () => {
  // The types are checked with all others: see the task "check".
  for (const command of [["publish", "--no-check"], ["pack"]]) {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...command, "--dry-run", "--allow-dirty"],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assertEquals(code, 0, text);
    assertMatch(text, /README\.md/);
    assertMatch(text, /LICENSE/);
    assertMatch(text, /schemas\/status\.v1\.json/);
    assertEquals(/(tests|tasks)\//.exec(text.replaceAll(ROOT.pathname, "")), null);
  }
});
