/**
 * `--output` as it is used in a shell: streams, pipes, devices, links, and paths that cannot be
 * written.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { otherUser } from "../support/other_user.ts";
import { hasCommand, installCommands, runBash } from "../support/shell.ts";
import { namesIn, tempDir } from "../support/temp_dir.ts";
import { openStage } from "../support/stage.ts";
import { readFailure, readGenerate, readStatus } from "../support/status_json.ts";

const ignore = Deno.build.os === "windows" || !hasCommand("bash");
const other = await otherUser();

Deno.test("--output writes through streams, pipes and devices, and replaces none", {
  ignore,
}, async () => {
  await using stage = await openStage();
  const commands = await installCommands(stage.elsewhere);
  const { err } = await runBash(
    `mkfifo pipe; ln -s /dev/stdout link; ln -s new dangling
    status() { asset-generator status -f json -o "$@"; echo $? >> codes; }
    status - > dash &
    status /dev/stdout > stdout &
    status /dev/fd/1 | cat > fd &
    status link > behind-link &
    status /dev/stderr 2> stderr &
    status >(cat > substituted) &
    status pipe & cat pipe > read-from-pipe &
    status /dev/null > null &
    status dangling &
    status ./json &
    wait
    # A substituted process is not waited for.
    until [ -s substituted ]; do sleep 1; done
    ls -ld /dev/null /dev/stdout dangling link pipe | cut -c 1 | tr -d "\\n" > kinds`,
    { commands, apiUrl: stage.server.url },
  );
  assertEquals(err, "");
  const read = (name: string): Promise<string> => Deno.readTextFile(`${commands.home}/${name}`);
  for (
    const name of ["dash", "stdout", "fd", "behind-link", "stderr", "substituted"]
      .concat(["read-from-pipe", "new", "json"])
  ) {
    assertEquals(readStatus(await read(name)).verdict, "idle", name);
  }
  assertEquals(await read("null"), "");
  assertEquals(await read("kinds"), "clllp");
  assertEquals(await read("codes"), "0\n".repeat(10));
});

Deno.test("generate image finds out before it does anything that --output cannot be written", {
  ignore: other === null,
}, async () => {
  await using stage = await openStage();
  await using dir = await tempDir();
  await other?.own(dir.path);
  await Deno.mkdir(dir.join("locked"), { mode: 0o555 });
  const result = await other?.run(
    ["generate", "image", "-p", "a cat", "-f", "json", "-o", "locked/r.json"],
    {
      cwd: dir.path,
      env: { ...stage.env, ASSET_GENERATOR_STATE_DIR: dir.join("state") },
    },
  );
  const message = 'Cannot write "locked/r.json": you may not create files in "locked" ' +
    "(name a file in another directory)";
  assertEquals([result?.code, result?.err], [1, `Error: ${message}\n`]);
  assertEquals(readFailure(result?.out ?? ""), { code: "failed", message });
  assertEquals(stage.server.requests.length, 0);
});

Deno.test("generate image gives its result to standard output if --output fails at the end", async () => {
  await using stage = await openStage();
  await Deno.mkdir(`${stage.here}/gone`);
  await using generating = stage.generate(["--output", "gone/r.json"]);
  await stage.untilWorking(1);
  await Deno.remove(`${stage.here}/gone`);
  await stage.finish();
  const { code, out, err } = await generating.end();
  assertEquals(code, 1);
  assertEquals(
    err,
    'Error: Cannot write "gone/r.json": there is no directory "gone"; ' +
      "the result went to standard output\n",
  );
  assertEquals(readGenerate(out).images_done, 1);
});

Deno.test("--output refuses a format and the name of a picture", async () => {
  await using stage = await openStage();
  const [format, picture] = await Promise.all([
    stage.run(["status", "-o", "json"]),
    stage.run(["generate", "image", "-p", "a cat", "-o", "cat.png"]),
  ]);
  assertEquals([format.code, picture.code], [2, 2]);
  assertStringIncludes(format.err, "(use --format json; for a file of this name ./json)");
  assertStringIncludes(picture.err, "--save-images --output-dir DIRECTORY)");
  assertEquals(await namesIn(stage.here), []);
  assertEquals(stage.server.requests.length, 0);
});
