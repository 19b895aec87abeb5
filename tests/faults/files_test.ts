/**
 * Files that do not belong to the tool: whatever others put into a shared directory, and whatever
 * the user names by mistake, is not changed, moved or removed, and nothing waits for it.
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { StateFileError } from "../../src/errors.ts";
import { createUserStore } from "../../src/state/records/user_store.ts";
import { createFileStore } from "../../src/state/records/file_store.ts";
import type { CliResult } from "../support/cli_process.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { HostileServer, imageFrame, NORMAL_END } from "../support/hostile_server.ts";
import { otherClient } from "../support/other_client.ts";
import { otherUser } from "../support/other_user.ts";
import { untilRecorded } from "../support/records.ts";
import { NOW_MS, sampleRecord } from "../support/sample_records.ts";
import { runHere } from "../support/program_here.ts";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { readStatus } from "../support/status_json.ts";
import { namesIn, tempDir } from "../support/temp_dir.ts";

const IS_WINDOWS = Deno.build.os === "windows";
const NAME = ".asset-generator-state.json";
const other = await otherUser();

async function makePipe(path: string): Promise<void> {
  await new Deno.Command("mkfifo", { args: [path] }).output();
}

/** Generates one image in `here`. */
async function generateOne(stage: Stage, args: readonly string[] = []): Promise<CliResult> {
  await using generating = stage.generate(args);
  await stage.untilWorking(1);
  await stage.finish();
  return await generating.end();
}

const PLANTED: readonly {
  readonly name: string;
  readonly plant: (stage: Stage) => Promise<void>;
  readonly found: string;
}[] = [
  {
    name: "a link to a text",
    plant: async ({ elsewhere, stateFile }) => {
      await Deno.writeTextFile(`${elsewhere}/precious`, "alias ll='ls -l'\n");
      await Deno.symlink(`${elsewhere}/precious`, stateFile);
    },
    found: "it is a symbolic link, and others may have made it " +
      "(name the file that is meant with --state-file)",
  },
  {
    name: "a link to JSON",
    plant: async ({ elsewhere, stateFile }) => {
      await Deno.writeTextFile(`${elsewhere}/precious`, "{}");
      await Deno.symlink(`${elsewhere}/precious`, stateFile);
    },
    found: "it is a symbolic link, and others may have made it " +
      "(name the file that is meant with --state-file)",
  },
  {
    name: "a link to nothing",
    plant: ({ elsewhere, stateFile }) => Deno.symlink(`${elsewhere}/nothing`, stateFile),
    found: "it is a symbolic link, and others may have made it " +
      "(name the file that is meant with --state-file)",
  },
  {
    name: "a named pipe",
    plant: ({ stateFile }) => makePipe(stateFile),
    found: "it is not a plain file (name another file)",
  },
  {
    name: "a directory",
    plant: ({ stateFile }) => Deno.mkdir(stateFile),
    found: "it is a directory (name another file)",
  },
];

for (const { name, plant, found } of PLANTED) {
  Deno.test({
    name: `generate image does not use ${name} as state file, and says so once`,
    ignore: IS_WINDOWS,
    fn: async () => {
      await using stage = await openStage();
      await plant(stage);
      const before = await snapshot(stage);
      const message = `Cannot read state file "${stage.stateFile}": ${found}`;
      const { code, err } = await generateOne(stage);
      assertEquals([code, err], [0, `Warning: ${message}\n`]);
      assertEquals(await snapshot(stage), before);

      const status = await stage.status();
      const tier = status.detection.tiers.find(({ scope }) => scope === "directory");
      assertEquals([tier?.answered, tier?.reason, tier?.["message"]], [false, "failed", message]);
      assertEquals(status.verdict, "idle");
      // It is not touched either if the server does not answer.
      await stage.server.stop({ isKilled: true });
      await using vain = stage.generate();
      assertEquals((await vain.end()).code, 5);
      assertEquals(await snapshot(stage), before);
    },
  });
}

/** The content of both directories: the texts of plain files and the targets of links. */
async function snapshot(stage: Stage): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const directory of [stage.here, stage.elsewhere]) {
    for (const name of await namesIn(directory)) {
      const path = `${directory}/${name}`;
      const about = await Deno.lstat(path);
      found[path] = about.isSymlink
        ? await Deno.readLink(path)
        : about.isFile
        ? await Deno.readTextFile(path)
        : "neither";
    }
  }
  return found;
}

for (const kind of ["a link", "a named pipe"]) {
  Deno.test({
    name: `all commands end where ${kind} lies in the place of the lock file`,
    ignore: IS_WINDOWS,
    fn: async () => {
      await using stage = await openStage();
      const lock = `${stage.stateFile}.lock`;
      if (kind === "a link") await Deno.symlink(`${stage.elsewhere}/made`, lock);
      else await makePipe(lock);
      const ended = { status: "generating", updated_at: new Date(0).toISOString() };
      await Deno.writeTextFile(stage.stateFile, JSON.stringify({ sessions: { ended } }));
      const before = await snapshot(stage);
      const { code, err } = await generateOne(stage);
      const found = kind === "a link" ? "it is a symbolic link" : "it is not a plain file";
      assertEquals(
        [code, err],
        [0, `Warning: Cannot lock "${lock}": ${found} (remove it)\n`],
      );
      for (const args of [["status"], ["cancel"], ["wait"], ["doctor"]]) {
        assertEquals((await stage.run(args)).code, 0, args.join(" "));
      }
      assertEquals(await snapshot(stage), before);
    },
  });
}

const NOT_STATE_FILES: readonly (readonly [text: string, found: string])[] = [
  ['{ "name": "a package" }\n', 'it has no "sessions"'],
  ["[1]\n", "it holds an array, not an object"],
  ["# a text\n", "it is not JSON"],
];

for (const [text, found] of NOT_STATE_FILES) {
  Deno.test(`a named file that is no state file is refused at once: ${JSON.stringify(text)}`, async () => {
    await using stage = await openStage();
    await Deno.writeTextFile(`${stage.here}/package.json`, text);
    const place = ["--state-file", "package.json", "--output-dir", "new", "--save-images"];
    for (
      const args of [["generate", "image", "--prompt", "x", ...place], [
        "status",
        ...place.slice(0, 2),
      ]]
    ) {
      const { code, out, err } = await stage.run(args);
      assertEquals(
        [code, out, err],
        [
          2,
          "",
          `Error: Cannot use "package.json" as state file: ${found} ` +
          "(name another with --state-file)\n",
        ],
      );
    }
    assertEquals(stage.server.requests, []);
    assertEquals(await namesIn(stage.here), ["package.json"]);
    assertEquals(await Deno.readTextFile(`${stage.here}/package.json`), text);
  });
}

Deno.test({
  name: "a named link is followed, and what is not a plain file is refused",
  ignore: IS_WINDOWS,
  fn: async () => {
    await using stage = await openStage();
    await Deno.symlink(`${stage.elsewhere}/shared.json`, `${stage.here}/link.json`);
    const { code, err } = await generateOne(stage, ["--state-file", "link.json"]);
    assertEquals([code, err], [0, ""]);
    assertEquals(await namesIn(stage.elsewhere), ["shared.json", "shared.json.lock"]);
    await makePipe(`${stage.here}/pipe`);
    const refused = await stage.run(["status", "--state-file", "pipe"]);
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.err, '"pipe" as state file: it is not a plain file (');
    const dash = await stage.run(["status", "--state-file", "-"]);
    assertEquals(
      [dash.code, dash.err],
      [
        2,
        'Error: Cannot use "-" as state file: it stands for a stream ' +
        "(a file of this name is ./-)\n",
      ],
    );
  },
});

Deno.test("createFileStore() never moves a named file aside, whatever is in it", async () => {
  await using dir = await tempDir();
  const path = dir.join("named.json");
  const store = createFileStore({ path, isNamed: true, clock: new ManualClock(NOW_MS) });
  const publication = { record: sampleRecord(), session: null };
  await store.put(publication);
  for (
    const [text, found] of [
      ["somebody's text", "it is not JSON"],
      ['{"name":"a package"}', 'it has no "sessions"'],
      [
        `{"sessions":{},"x":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
        "it is nested more than 100 deep",
      ],
    ] as const
  ) {
    await Deno.writeTextFile(path, text);
    const { message } = await assertRejects(() => store.put(publication), StateFileError);
    assertEquals(
      message,
      `Cannot write state file "${path}": it is not a state file, ${found} (name another file)`,
    );
    await store.prune([publication.record]);
    assertEquals(await Deno.readTextFile(path), text);
  }
  assertEquals(await namesIn(dir.path), ["named.json", "named.json.lock"]);
});

Deno.test("a sweep leaves all files that are not this tool's", async () => {
  await using stage = await openStage();
  const names = ["report.final.tmp", "report.tmp", "report.1.tmp", "report.json.tmp"];
  for (const name of names) await Deno.writeTextFile(`${stage.here}/${name}`, "precious");
  await Deno.writeTextFile(`${stage.here}/report.${crypto.randomUUID()}.tmp`, "half");
  assertEquals((await generateOne(stage, ["--state-file", "report"])).code, 0);
  assertEquals(await namesIn(stage.here), [...names, "report", "report.lock"].sort());
});

Deno.test({
  name: "--output does not replace a read-only file, for the superuser neither",
  ignore: IS_WINDOWS,
  fn: async () => {
    await using stage = await openStage();
    const path = `${stage.here}/kept.json`;
    await Deno.writeTextFile(path, "precious", { mode: 0o444 });
    const { code, err } = await stage.run(["status", "--output", "kept.json"]);
    assertEquals([code, err], [
      1,
      'Error: Cannot write "kept.json": it is read-only (make it writable, or name another)\n',
    ]);
    assertEquals(stage.server.requests, []);
    assertEquals(await Deno.readTextFile(path), "precious");
    assertEquals(await namesIn(stage.here), ["kept.json"]);
  },
});

/** The record of a process that was killed while the server goes on working. */
async function orphan(stage: Stage): Promise<string> {
  await using generating = stage.generate(["--batch", "2"]);
  await stage.untilWorking(2);
  await untilRecorded(stage, "generating");
  generating.process.kill("SIGKILL");
  await generating.end();
  const [id = ""] = await stage.recordedIds();
  return id;
}

async function forge(stage: Stage, id: string, changes: Record<string, unknown>): Promise<void> {
  const file = JSON.parse(await Deno.readTextFile(stage.stateFile));
  Object.assign(file.sessions[id], changes);
  await Deno.writeTextFile(stage.stateFile, JSON.stringify(file));
}

Deno.test("a forged copy in a shared file cannot hide an orphan or redirect anything", async () => {
  await using stage = await openStage();
  const id = await orphan(stage);
  await forge(stage, id, {
    status: "pending",
    updated_at: new Date(Date.now() + 5_000).toISOString(),
    start_time: new Date(0).toISOString(),
    server_url: "http://attacker.example:7801",
    server_id: "forged",
    host: "elsewhere",
    images_total: 100,
    images_done: 50,
    progress: 0.001,
  });
  const status = await stage.status();
  assertEquals([status.verdict, status.generations_running], ["busy", 1]);
  const [generation] = status.active_generations;
  assertEquals(
    [generation?.session_id, generation?.status, generation?.orphaned, generation?.images_total],
    [id, "generating", true, 2],
  );
  assertEquals(generation?.["server_url"], stage.server.url);
  const cancelled = await stage.run(["cancel", id]);
  assertEquals([cancelled.code, cancelled.err], [0, ""]);
  assert(!cancelled.out.includes("attacker"));
});

Deno.test("no message recommends an address that only a shared file contains", async () => {
  await using stage = await openStage();
  const now = new Date().toISOString();
  const forged = {
    status: "generating",
    progress: 0.5,
    start_time: now,
    updated_at: now,
    server_url: "http://attacker.example:7801",
    server_id: null,
    host: "elsewhere",
    images_total: 1,
    images_done: 0,
  };
  await Deno.writeTextFile(stage.stateFile, JSON.stringify({ sessions: { "gen-forged": forged } }));
  const { code, err } = await stage.run(["cancel", "gen-forged"]);
  assertEquals(code, 2);
  assertEquals(
    err,
    'Error: Cannot cancel "gen-forged": a shared state file says that it is a generation of ' +
      `another server than ${stage.server.url} (cancel it as the user who started it)\n`,
  );
  const text = await stage.statusText();
  assertStringIncludes(
    text,
    "Not counted: 1 record of another server, http://attacker.example:7801 " +
      "(named by a shared file: not to be trusted)\n",
  );
  const doctor = await stage.run(["doctor"]);
  assertMatch(
    doctor.out,
    /attacker\.example:7801 \(1, named by a shared file: not to be trusted\)/,
  );
  assert(!doctor.out.includes("--api-url asks another server"));
});

Deno.test({
  name: "generate image goes on with one warning where it may not write, or read the state file",
  ignore: other === null,
  fn: async () => {
    if (other === null) return;
    await using stage = await openStage();
    await using dir = await tempDir();
    await other.own(dir.path);
    const env = { ...stage.env, ASSET_GENERATOR_STATE_DIR: dir.join("state") };
    for (const lock of ["directory", "file"]) {
      const here = dir.join(lock);
      await Deno.mkdir(here);
      await other.own(here);
      const path = `${here}/${NAME}`;
      await Deno.writeTextFile(path, '{"sessions":{}}');
      await Deno.chmod(path, lock === "file" ? 0o000 : 0o644);
      await Deno.chmod(here, lock === "file" ? 0o700 : 0o555);
      const generating = other.run(["generate", "image", "--prompt", "x"], { cwd: here, env });
      await stage.untilWorking(1);
      await stage.finish();
      const { code, err } = await generating;
      assertEquals(
        [code, err],
        [0, `Warning: Cannot write state file "${path}": permission denied\n`],
      );
      await Deno.chmod(here, 0o700);
      await other.own(path);
      const looked = await other.run(["status", "--format", "json"], { cwd: here, env });
      const { detection } = readStatus(looked.out);
      const tier = detection.tiers.find(({ scope }) => scope === "directory");
      assertEquals(tier?.answered, lock === "directory");
    }
  },
});

Deno.test({
  name: "--output does not replace a file that this user may not write",
  ignore: other === null,
  fn: async () => {
    if (other === null) return;
    await using dir = await tempDir();
    await other.own(dir.path);
    const path = dir.join("kept.json");
    // If the tests run as root: a file of root; else a file without write permission.
    await Deno.writeTextFile(path, "precious", { mode: 0o444 });
    const args = ["status", "--output", "kept.json", "--api-url", "http://127.0.0.1:9"];
    const { code, err } = await other.run(args, { cwd: dir.path });
    assertEquals([code, err], [
      1,
      'Error: Cannot write "kept.json": it is read-only (make it writable, or name another)\n',
    ]);
    assertEquals(await Deno.readTextFile(path), "precious");
  },
});

Deno.test({
  name: "-o follows a link that leads to nothing yet, and leaves the link as it is",
  ignore: IS_WINDOWS,
  fn: async () => {
    await using stage = await openStage();
    await Deno.mkdir(`${stage.here}/real`);
    for (
      const [name, leadsTo] of [
        ["relative", "real/one.json"],
        ["absolute", `${stage.elsewhere}/two.json`],
        ["twice", "relative-2"],
      ] as const
    ) await Deno.symlink(leadsTo, `${stage.here}/${name}`);
    await Deno.symlink("real/three.json", `${stage.here}/relative-2`);
    await Deno.symlink("gone/four.json", `${stage.here}/lost`);
    for (const name of ["relative", "absolute", "twice"]) {
      const { code, err } = await stage.run(["status", "--format", "json", "-o", name]);
      assertEquals([code, err], [0, ""]);
      assert((await Deno.lstat(`${stage.here}/${name}`)).isSymlink, name);
      assertEquals(readStatus(await Deno.readTextFile(`${stage.here}/${name}`)).verdict, "idle");
    }
    assertEquals(await namesIn(`${stage.here}/real`), ["one.json", "three.json"]);
    const { code, err } = await stage.run(["status", "-o", "lost"]);
    assertEquals([code, err], [1, 'Error: Cannot write "lost": there is no directory "gone"\n']);
  },
});

/**
 * A record as another user would forge it, in a directory that the victim believes to be private.
 */
async function plantPrivateRecord(base: string, url: string): Promise<void> {
  await Deno.mkdir(`${base}/generations`, { recursive: true });
  const time = new Date().toISOString();
  await Deno.writeTextFile(
    `${base}/generations/gen-forged.json`,
    JSON.stringify({ status: "generating", start_time: time, updated_at: time, server_url: url }),
  );
  await Deno.chmod(`${base}/generations`, 0o755);
}

for (
  const { name, mode, found } of [
    {
      name: "others can write into",
      mode: 0o777,
      found: "other users can write there (close it with chmod go-w, or " +
        "name another directory with ASSET_GENERATOR_STATE_DIR)",
    },
    {
      name: "others can write into who share it with the sticky bit",
      mode: 0o1777,
      found: "other users can write there (name another directory with ASSET_GENERATOR_STATE_DIR)",
    },
    {
      name: "belongs to somebody else",
      mode: 0o755,
      found: '"generations" in it is open to other users (close it with chmod 700)',
    },
  ]
) {
  Deno.test({
    name: `a state directory that ${name} is not used, and reported once`,
    // Only root can give the directory to another user.
    ignore: other === null || (mode === 0o755 && !other.isElse),
    fn: async () => {
      if (other === null) return;
      await using stage = await openStage();
      await using dir = await tempDir();
      await other.own(dir.path);
      const base = dir.join("shared");
      await plantPrivateRecord(base, stage.server.url);
      await Deno.chmod(base, mode);
      const env = { ASSET_GENERATOR_API_URL: stage.server.url, ASSET_GENERATOR_STATE_DIR: base };
      const told = `Cannot use this user's state directory "${base}": ${found}`;

      const looked = await other.run(["status", "--format", "json"], { cwd: dir.path, env });
      const { verdict, active_generations, detection } = readStatus(looked.out);
      assertEquals([verdict, active_generations], ["idle", []]);
      const tier = detection.tiers.find(({ scope }) => scope === "user");
      assertEquals(
        [tier?.answered, tier?.["message"]],
        [false, told],
      );

      const generating = other.run(["generate", "image", "--prompt", "x"], { cwd: dir.path, env });
      await stage.untilWorking(1);
      await stage.finish();
      const { code, err } = await generating;
      assertEquals([code, err], [0, `Warning: ${told}\n`]);
      assertEquals(await namesIn(base), ["generations"]);
      assertEquals(await namesIn(`${base}/generations`), ["gen-forged.json"]);

      const { code: checked, out } = await other.run(["doctor"], { cwd: dir.path, env });
      assertEquals(checked, 0);
      assertStringIncludes(out.replaceAll(/\s+/g, " "), found.split(" (")[0] ?? "");
    },
  });
}

Deno.test({
  name: "an empty state directory that somebody else may have made hides no records in silence",
  ignore: IS_WINDOWS,
  fn: async () => {
    await using dir = await tempDir();
    const clock = new ManualClock(NOW_MS);
    const home = dir.join("home");
    const base = `${home}/state/asset-generator`;
    await Deno.mkdir(base, { recursive: true });
    const store = createUserStore({ directory: base, clock });
    for (const [mode, told] of [[0o755, null], [0o777, home], [0o1777, home]] as const) {
      await Deno.chmod(home, mode);
      // The directory of the test is closed, so that nothing above it counts.
      const reading = await store.list();
      assertEquals(
        reading.answered ? null : reading.message,
        told &&
          `Cannot use this user's state directory "${base}": everybody can write in "${told}", ` +
            "so somebody else may have made it (remove it if it is not yours, or name another " +
            "directory with ASSET_GENERATOR_STATE_DIR)",
      );
    }
    // One that this user has used before is this user's.
    await Deno.mkdir(`${base}/sessions`, { mode: 0o700 });
    assertEquals((await store.list()).answered, true);
  },
});

Deno.test({
  name: "a state directory in which this user may make nothing is told of once",
  ignore: other === null || !other.isElse,
  fn: async () => {
    if (other === null) return;
    await using dir = await tempDir();
    await other.own(dir.path);
    const base = dir.join("state");
    await Deno.mkdir(base, { mode: 0o755 });
    await using server = new HostileServer({ frames: [imageFrame("View/a.png"), ...NORMAL_END] });
    const env = { ASSET_GENERATOR_API_URL: server.url, ASSET_GENERATOR_STATE_DIR: base };
    const words = ["generate", "image", "--prompt", "x", "--model", "tiny"];
    const { code, err } = await other.run(words, { cwd: dir.path, env });
    assertEquals([code, err], [
      0,
      `Warning: Cannot write a record of this user in "${base}": permission denied\n`,
    ]);
  },
});

for (const open of ["file", "directory", "place of settings"] as const) {
  Deno.test({
    name: `a configuration file in place is not used if everybody can change its ${open}`,
    ignore: IS_WINDOWS,
    fn: async () => {
      await using stage = await openStage();
      const directory = `${stage.elsewhere}/asset-generator`;
      const path = `${directory}/config.yaml`;
      await Deno.mkdir(directory);
      await Deno.writeTextFile(path, "format: json\n");
      const env = { XDG_CONFIG_HOME: stage.elsewhere, ASSET_GENERATOR_CONFIG: "" };
      const place = open === "file" ? path : open === "directory" ? directory : stage.elsewhere;
      for (const mode of [0o775, 0o777, 0o1777]) {
        await Deno.chmod(place, mode);
        const { code, out, err } = await stage.run(["status"], { env });
        if (mode === 0o775) assertEquals([code, err, out.startsWith("{")], [0, "", true]);
        else {
          const told = `Error: Cannot use the configuration file ${path}: other users can change ` +
            `it (close it with chmod o-w ${place}, or name it with --config)\n`;
          assertEquals([code, err], [2, told]);
        }
      }
      // A user who names a file knows which one it is.
      const named = await stage.run(["status", "--config", path], { env });
      assertEquals([named.code, named.err], [0, ""]);
    },
  });
}

for (const kind of ["everybody can write in", "belongs to another user"] as const) {
  Deno.test({
    name: `config warns of a directory that ${kind}`,
    // Only root can give a directory to another user.
    ignore: IS_WINDOWS || (kind === "belongs to another user" && !other?.isElse),
    fn: async () => {
      await using stage = await openStage();
      const directory = `${stage.elsewhere}/shared`;
      await Deno.mkdir(directory);
      const path = `${directory}/config.yaml`;
      if (kind === "everybody can write in") await Deno.chmod(directory, 0o777);
      else await other?.own(directory);
      const found = kind === "everybody can write in"
        ? `${kind} "${directory}"`
        : `"${directory}" ${kind}`;
      const told = `Warning: Other users can replace ${path}, and with it say where your ` +
        `credentials are sent: ${found} (keep the file in a directory of your own)\n`;
      for (const words of [["init"], ["set", "servers.a.token", "s3cret-of-mine"]]) {
        const ended = await runHere(["config", ...words, "--config", path], { stage });
        assertEquals([ended.code, ended.err], [0, told]);
      }
      // Nobody replaces another user's file where the sticky bit is set.
      await Deno.chmod(directory, 0o1777);
      if (kind === "belongs to another user") return;
      const ended = await runHere(["config", "set", "quiet", "true", "--config", path], { stage });
      assertEquals([ended.code, ended.err], [0, ""]);
    },
  });
}

Deno.test({
  name: "attach does not say that nothing runs if this user's records cannot be read",
  ignore: IS_WINDOWS,
  fn: async () => {
    await using stage = await openStage();
    const open = `${stage.elsewhere}/open`;
    await Deno.mkdir(open);
    await Deno.chmod(open, 0o777);
    const options = { stage, env: { ASSET_GENERATOR_STATE_DIR: open } };
    assertStringIncludes((await runHere(["attach"], options)).err, "no generation of this user is");
    const client = await otherClient(stage.server.url);
    await using _running = client.generate(1);
    await stage.untilWorking(1);
    const { code, err } = await runHere(["attach"], options);
    assertEquals(code, 4);
    assertMatch(
      err,
      /^Error: Cannot use this user's state directory "[^"]+": other users can write/,
    );
    await stage.finish();
  },
});
