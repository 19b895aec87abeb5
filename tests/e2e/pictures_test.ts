import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hasCommand, installCommands, runBash } from "../support/shell.ts";
import { openStage } from "../support/stage.ts";
import { readFailure, readGenerate } from "../support/status_json.ts";
import { namesIn } from "../support/temp_dir.ts";

const PNG_HEAD = [0x89, 0x50, 0x4e, 0x47];
/** A picture of one pixel. */
const DATA_URL =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk" +
  "YPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

Deno.test("generate image saves every picture under the name that the template says", async () => {
  await using stage = await openStage();
  const args = ["--batch", "2", "--seed", "7", "--save-images", "--output-dir", "pictures"];
  await using generating = stage.generate([...args, "--filename-template", "{seed}-{index}.{ext}"]);
  await stage.untilWorking(2);
  await stage.finish();
  const { code, out, err } = await generating.end();
  assertEquals([code, err], [0, ""]);
  const { images } = readGenerate(out);
  assertEquals(images.map(({ seed }) => seed), ["7", "8"]);
  assertEquals(
    images.map(({ local_path }) => local_path).sort(),
    (await namesIn(`${stage.here}/pictures`)).map((name) => `pictures/${name}`),
  );
  for (const { local_path } of images) {
    const bytes = await Deno.readFile(`${stage.here}/${local_path}`);
    assertEquals([...bytes.subarray(0, 4)], PNG_HEAD);
  }
});

Deno.test("generate image passes on a picture that the server did not keep, or saves it", async () => {
  await using stage = await openStage();
  const text = JSON.stringify({ image: DATA_URL, batch_index: "0", metadata: "{}" });
  for (const isSaved of [false, true]) {
    stage.server.fault({ route: "GenerateText2ImageWS", kind: "extra_frame", frames: 1, text });
    stage.server.failNext("lost");
    await using generating = stage.generate(isSaved ? ["--save-images"] : []);
    await stage.untilWorking(1);
    await stage.finish();
    const { code, out } = await generating.end();
    assertEquals(code, 0);
    const [image] = readGenerate(out).images;
    assertEquals(image?.url, null);
    assertEquals(image?.data_url, isSaved ? undefined : DATA_URL);
    if (!isSaved) continue;
    const bytes = await Deno.readFile(`${stage.here}/${image?.local_path}`);
    assertEquals([...bytes.subarray(0, 4)], PNG_HEAD);
  }
});

Deno.test("generate image asks the server nothing if it could not save the pictures", async () => {
  await using stage = await openStage();
  await Deno.writeTextFile(`${stage.here}/file`, "");
  await using generating = stage.generate(["--save-images", "--output-dir", "file/pictures"]);
  const { code, out, err } = await generating.end();
  assertEquals(code, 1);
  assertMatch(err, /^Error: Cannot save "file\/pictures": [^\n]+\n$/);
  assertEquals(readFailure(out).code, "failed");
  assertEquals(stage.server.requests.length, 0);
  assertEquals(await stage.recordedIds(), []);
});

Deno.test("generate image says where no room is left for a picture, and leaves no half of it", {
  ignore: Deno.build.os !== "linux" || !hasCommand("bash"),
}, async () => {
  await using stage = await openStage();
  const commands = await installCommands(stage.elsewhere);
  // No file may become larger than 1 KiB: like a full disk, that interrupts the writing of a
  // picture.
  const generating = runBash(
    `trap '' XFSZ; ulimit -f 1
    asset-generator generate image -p "a cat" --save-images --output-dir pictures --format json`,
    { commands, apiUrl: stage.server.url },
  );
  await stage.untilWorking(1);
  await stage.finish();
  const { code, out, err } = await generating;
  assertEquals(code, 1);
  assertMatch(err, /^Error: Cannot save "pictures\/[^"]+": [^\n]+\n$/);
  const { status, images, error } = readGenerate(out);
  assertEquals([status, error?.code], ["complete", "failed"]);
  assertEquals(images[0]?.local_path, null);
  assert(images[0]?.url);
  assertEquals(await namesIn(`${commands.home}/pictures`), []);
  assertEquals((await stage.status()).verdict, "idle");
});

Deno.test("generate image says that a picture could not be had, and saves the others", async () => {
  await using stage = await openStage();
  stage.server.fault({
    route: "View",
    kind: "json",
    status: 404,
    body: { error: "404 Not Found" },
  });
  await using generating = stage.generate(["--batch", "2", "--save-images"]);
  await stage.untilWorking(2);
  await stage.finish();
  const { code, out, err } = await generating.end();
  assertEquals(code, 1);
  assertMatch(err, /^Error: [^\n]+\n$/);
  assertEquals(readGenerate(out).images.map(({ local_path }) => local_path === null), [
    true,
    false,
  ]);
});

Deno.test("generate image saves a grid, and does not count it as a picture asked for", async () => {
  await using stage = await openStage();
  const text = JSON.stringify({ image: DATA_URL, batch_index: "-1", metadata: "{}" });
  stage.server.fault({ route: "GenerateText2ImageWS", kind: "extra_frame", frames: 1, text });
  await using generating = stage.generate([
    "--batch",
    "2",
    "--save-images",
    "--filename-template",
    "{index}.{ext}",
  ]);
  await stage.untilWorking(2);
  await stage.finish();
  const { code, out } = await generating.end();
  assertEquals(code, 0);
  const { images, images_done, extra_images } = readGenerate(out);
  assertEquals([images.map(({ index }) => index), images_done], [[0, 1], 2]);
  assertEquals(extra_images.map(({ index }) => index), [-1]);
  const [extra] = extra_images;
  assertEquals(
    [...(await Deno.readFile(`${stage.here}/${extra?.local_path}`)).subarray(0, 4)],
    PNG_HEAD,
  );
  assertEquals(new Set([...images, ...extra_images].map(({ local_path }) => local_path)).size, 3);
});

for (
  const [asked, most, end] of [
    [2, 1, { code: 0, status: "complete", images: 2 }],
    [3, 10, { code: 130, status: "interrupted", images: 2 }],
    [3, 1, { code: 0, status: "complete", images: 3 }],
  ] as const
) {
  Deno.test(`generate image over HTTP takes three pictures of ${asked} with mini-grids of ${most} for ${end.images}`, async () => {
    await using stage = await openStage();
    const paths = ["0", "1", "2"].map((name) => `View/local/raw/a cat-${name}.png`);
    const settings = { maximagesinminigrid: { type: "integer", value: most } };
    stage.server.fault({ route: "GenerateText2Image", kind: "json", body: { images: paths } });
    stage.server.fault({ route: "GetUserSettings", kind: "json", body: { settings } });
    const { code, out } = await stage.generate(["--batch", `${asked}`, "--no-websocket"]).end();
    const { status, images_done, images, extra_images } = readGenerate(out);
    assertEquals({ code, status, images: images.length }, end);
    assertEquals(images_done, end.images);
    assertEquals(extra_images.length, 3 - end.images);
  });
}

Deno.test("generate image says which pictures were not requested", async () => {
  await using stage = await openStage();
  const paths = ["0", "1", "grid"].map((name) => `View/local/raw/${name}.png`);
  stage.server.fault({ route: "GenerateText2Image", kind: "json", body: { images: paths } });
  const { code, out } = await stage.run(
    ["generate", "image", "-p", "a cat", "--batch", "2", "--no-websocket"],
  );
  assertEquals(code, 0);
  assertStringIncludes(out, `  Extra picture 1:\n    URL:           ${stage.server.url}/View/`);
  assertMatch(out, /\n {2}Images: +2 of 2\n/);
  assertMatch(out, /\n {2}Extra: +1, not asked for: a grid, or other outputs of the workflow\n/);
});
