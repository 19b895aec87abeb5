/** What a request leaves in the history, and under which seeds (`swarmui-protocol.md §20.7`). */
import { assertEquals, assertMatch } from "@std/assert";
import { bench } from "./client.ts";
import type { Bench } from "./client.ts";
import { isObject } from "./transcript.ts";

/** What the history holds, newest first. */
async function history(b: Bench, session_id: string): Promise<readonly string[]> {
  const { body } = await b.call("ListImages", { session_id, path: "", depth: 5, sortBy: "Date" });
  const files = Array.isArray(body.files) ? body.files.filter(isObject) : [];
  return files.map(({ metadata }) => String(metadata));
}

async function make(b: Bench, body: Record<string, unknown>): Promise<unknown> {
  return (await b.settle((await b.begin(body)).answer)).body.images;
}

const SEEDS: readonly (readonly [Record<string, unknown>, readonly string[]])[] = [
  [{ images: 3 }, ["5", "6", "7"]],
  [{ images: 1, batchsize: 2 }, ["5", "6"]],
  [{ images: 3, batchsize: 2 }, ["5", "6", "7", "8", "9", "10"]],
  [{ images: 3, noseedincrement: true }, ["5", "5", "5"]],
  [{ images: 1, batchsize: 2, noseedincrement: true }, ["5", "6"]],
];

for (const [asked, seeds] of SEEDS) {
  Deno.test(`the seeds from 5 of ${JSON.stringify(asked)} are ${seeds}`, async () => {
    await using b = await bench();
    const session_id = await b.session();
    await make(b, { session_id, seed: 5, ...asked });
    const made = (await history(b, session_id)).map((text) => /"seed": (\d+)/.exec(text)?.[1]);
    assertEquals(made.toReversed(), [...seeds]);
  });
}

const TAGS: readonly (readonly [unknown, RegExp])[] = [
  [{ tag: "gen-x" }, /"tag": "gen-x"/],
  [{ tag: 5 }, /"tag": "5"/],
  [{ tag: null }, /"tag": ""/],
  ["tag", /^((?!tag).)*$/s],
  [["tag"], /^((?!tag).)*$/s],
];

for (const [extra_metadata, expected] of TAGS) {
  Deno.test(`extra_metadata ${JSON.stringify(extra_metadata)} is kept as SwarmUI keeps it`, async () => {
    await using b = await bench();
    const session_id = await b.session();
    await make(b, { session_id, images: 1, extra_metadata });
    assertMatch((await history(b, session_id))[0] ?? "", expected);
  });
}

Deno.test("without SaveFiles nothing is in the history, and the picture is in the answer", async () => {
  await using b = await bench({ savesFiles: false });
  const session_id = await b.session();
  const images = await make(b, { session_id, images: 1 });
  assertMatch(String(images), /^data:image\/png;base64,/);
  assertEquals(await history(b, session_id), []);
});

Deno.test("without SaveMetadata the history has pictures without metadata", async () => {
  await using b = await bench({ savesMetadata: false });
  const session_id = await b.session();
  await make(b, { session_id, images: 1, extra_metadata: { tag: "gen-x" } });
  assertEquals(await history(b, session_id), ["null"]);
});
