/** Correct ends: a generation that failed is called interrupted only if somebody interrupted it. */
import { assertEquals } from "@std/assert";
import { HostileServer, imageFrame, NORMAL_END, PNG } from "../support/hostile_server.ts";
import { openStage } from "../support/stage.ts";
import { readGenerate } from "../support/status_json.ts";
import { tempDir } from "../support/temp_dir.ts";
import { HAS_OWN_PERMISSIONS } from "../support/tested_program.ts";
import { waitFor } from "../support/wait_for.ts";

const INTERRUPTED = "Interrupted: 0 of 1 image made; the work on the server was stopped";

/** What the server sends, the exit code, and the message after `Cannot generate on URL: `. */
const ENDS: readonly (readonly [string, readonly string[], number, string])[] = [
  [
    "a close with code 1000, and nothing before it",
    ['{"status":{"waiting_gens":0,"loading_models":0,"waiting_backends":0,"live_gens":0}}'],
    1,
    "the server closed the connection (code 1000) without saying how it ended",
  ],
  [
    "an image message without a path",
    ['{"image":5,"batch_index":"0"}', ...NORMAL_END],
    1,
    "a message of the server could not be read: it has an unexpected shape: image is not string",
  ],
  [
    "half a message",
    ['{"image":"View/a.png","batch_in', ...NORMAL_END],
    1,
    "a message of the server could not be read: it is not a JSON object",
  ],
  [
    "an image that is withdrawn",
    [imageFrame("View/a.png"), '{"discard_indices":[0]}', ...NORMAL_END],
    1,
    "the server took back 1 of the requested images",
  ],
  [
    "an image that is withdrawn before it came",
    ['{"discard_indices":[0]}', ...NORMAL_END],
    1,
    "the server took back 1 of the requested images",
  ],
  ["a normal ending without the image", NORMAL_END, 130, INTERRUPTED],
  [
    "an ending of a request that was never begun",
    ['{"socket_intention":"close"}'],
    1,
    "the server could not prepare the request, and only its log says why",
  ],
  [
    "an ending of servers without socket_intention, without the image",
    ['{"discard_indices":[]}'],
    130,
    INTERRUPTED,
  ],
  [
    "the server's word that it was interrupted, and a bare close",
    ['{"error":"Generation session interrupted."}'],
    130,
    INTERRUPTED,
  ],
];

for (const [name, frames, code, said] of ENDS) {
  Deno.test(`generate image ends with ${code} after ${name}`, async () => {
    await using directory = await tempDir();
    await using server = new HostileServer({ frames });
    const ended = await server.generate(directory.path);
    const message = code === 130
      ? said
      : `Cannot generate on ${server.url}: ${said}; 0 of 1 image made`;
    assertEquals([ended.code, ended.err], [code, `Error: ${message}\n`]);
    const { status, error } = readGenerate(ended.out);
    assertEquals(
      [status, error?.code, error?.message],
      code === 130 ? ["interrupted", "interrupted", message] : ["failed", "failed", message],
    );
  });
}

Deno.test("generate image takes an image with a strange index for one that has none", async () => {
  await using directory = await tempDir();
  const frames = [imageFrame("View/a.png", { batch_index: "first" }), ...NORMAL_END];
  await using server = new HostileServer({ frames });
  const { code, out, err } = await server.generate(directory.path);
  assertEquals([code, err, readGenerate(out).images.length], [0, "", 1]);
});

Deno.test("generate image is complete if every image came, whatever else did", async () => {
  await using directory = await tempDir();
  const frames = ["garbage", imageFrame("View/a.png")];
  await using server = new HostileServer({
    frames,
    pictures: { "View/a.png": () => new Response(PNG) },
  });
  const { code, err } = await server.generate(directory.path, ["--save-images"]);
  assertEquals([code, err], [0, ""]);
});

/** What a bug may throw that nobody catches; see `broken_main.ts`. */
const BUGS = ["timer", "rejection", "text"];

for (const bug of BUGS) {
  Deno.test(`an error that nobody caught is reported in one line, without a secret: ${bug}`, {
    ignore: HAS_OWN_PERMISSIONS,
  }, async () => {
    await using stage = await openStage();
    const env = { ASSET_GENERATOR_TOKEN: "lovelace-1843", ASSET_GENERATOR_BUG: bug };
    const file = new URL("../support/broken_main.ts", import.meta.url).href;
    stage.server.fault({ route: "GetGlobalStatus", kind: "hang", times: Infinity });
    const message = "Internal error: Cannot read properties of <secret> " +
      "(add --verbose for the details of a bug report)";
    for (const args of [["status"], ["wait", "--timeout", "1h"], ["doctor"]]) {
      const asked = stage.asked("GetGlobalStatus");
      await using broken = stage.start([...args, "--format", "json"], { env, file });
      await stage.untilAsked("GetGlobalStatus", asked + 1);
      await Deno.writeTextFile(`${stage.here}/break`, "");
      const { code, out, err } = await broken.end();
      assertEquals([code, err], [1, `Error: ${message}\n`], args.join(" "));
      assertEquals(JSON.parse(out), { error: { code: "internal", message } });
    }

    await using generating = stage.generate([], { env, file });
    await stage.untilWorking(1);
    await Deno.writeTextFile(`${stage.here}/break`, "");
    const { code, out, err } = await generating.end();
    assertEquals([code, err], [1, `Error: ${message}\n`]);
    assertEquals(JSON.parse(out).error.code, "internal");
    // The server goes on working: the record is kept, and says that its process has gone.
    stage.server.clearFaults();
    const [left] = (await stage.status()).active_generations;
    assertEquals([left?.orphaned, left?.owner], [true, "gone"]);
  });
}

Deno.test("SIGTERM ends a command that waits for its settings, in one line too", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using stage = await openStage();
  const pipe = `${stage.here}/token`;
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  await using asking = stage.start(["status", "--token-file", pipe, "--format", "json"]);
  // It opens only when somebody reads, and then nothing is written.
  const writer = await Deno.open(pipe, { write: true });
  asking.process.kill("SIGTERM");
  const { code, out, err } = await asking.end();
  writer.close();
  assertEquals([code, err], [130, "Error: Interrupted by SIGTERM\n"]);
  assertEquals(JSON.parse(out).error.code, "interrupted");
});

for (const args of [["status"], ["doctor"], ["wait", "--once"], ["models", "list"]]) {
  Deno.test(`${args.join(" ")} exits with 130 at SIGTERM`, {
    ignore: Deno.build.os === "windows",
  }, async () => {
    await using stage = await openStage();
    stage.server.fault({ route: "*", kind: "hang", times: Infinity });
    await using asking = stage.start([...args, "--format", "json"]);
    await waitFor(() => stage.server.requests.length > 0, { what: "a question" });
    asking.process.kill("SIGTERM");
    const { code, out, err } = await asking.end();
    assertEquals([code, err], [130, "Error: Interrupted by SIGTERM\n"]);
    assertEquals(JSON.parse(out).error.code, "interrupted");
  });
}
