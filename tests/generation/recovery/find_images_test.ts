/** Which pictures of a history belong to a request, and why some cannot be found. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ServerRefusedError, ServerUnreachableError } from "../../../src/errors.ts";
import type { FoundImages, ImageTrail } from "../../../src/generation/recovery/find_images.ts";
import { findImages } from "../../../src/generation/recovery/find_images.ts";
import type { HistoryImage, KeptPictures } from "../../../src/generation/server/image_server.ts";
import { HISTORY_MAX } from "../../../src/generation/server/image_server.ts";
import { ServerSession } from "../../../src/generation/session.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { SERVER_URL } from "../../support/sample_records.ts";

const DAY = "raw/2025-10-10";

function picture(name: string, about: Partial<HistoryImage> = {}): HistoryImage {
  const path = `View/local/${DAY}/${name}.png`;
  return { path, tag: "gen-x", seed: "7", model: "tiny", isGrid: false, ...about };
}

/** A server's history: the lists of each folder, one answer after another. */
interface Shelf {
  readonly [folder: string]: readonly (readonly HistoryImage[] | Error)[];
}

async function find(shelf: Shelf, options: {
  readonly trail?: Partial<ImageTrail>;
  readonly known?: readonly string[];
  readonly kept?: KeptPictures;
} = {}): Promise<FoundImages & { readonly asked: readonly string[] }> {
  const clock = new ManualClock(new Date(2025, 9, 10, 12).getTime());
  const left = new Map(Object.entries(shelf).map(([folder, answers]) => [folder, [...answers]]));
  const asked: string[] = [];
  const trail = {
    tag: "gen-x",
    seed: "7",
    model: "tiny.safetensors",
    images: 2,
    startedAt: clock.now(),
    ...options.trail,
  };
  let isOver = false;
  const found = findImages(trail, {
    server: {
      history: (_session, { folder }) => {
        asked.push(folder);
        const answers = left.get(folder) ?? [];
        const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
      keptPictures: () => Promise.resolve(options.kept ?? { files: true, metadata: true }),
    },
    session: new ServerSession("secret-a", { serverUrl: SERVER_URL, createdAt: 0 }),
    clock,
    known: options.known ?? [],
    giveUp: new AbortController().signal,
  }).finally(() => isOver = true);
  while (!isOver) {
    await clock.advance(50);
    assert(clock.monotonicMs() < 200_000, "it does not end");
  }
  return { ...await found, asked };
}

Deno.test("findImages() takes only the pictures with the tag, by their seeds, without the grid", async () => {
  const found = await find({
    [DAY]: [[
      picture("grid", { isGrid: true }),
      picture("b", { seed: "8" }),
      picture("other", { tag: "gen-y" }),
      picture("a"),
    ]],
  });
  assertEquals(found, {
    images: [
      { index: 0, path: `View/local/${DAY}/a.png`, seed: "7" },
      { index: 1, path: `View/local/${DAY}/b.png`, seed: "8" },
    ],
    reason: null,
    mayBeMore: false,
    asked: [DAY],
  });
});

Deno.test("findImages() looks where a picture of the request was, then everywhere", async () => {
  const found = await find({ "": [[picture("b", { seed: "8" }), picture("a")]] }, {
    known: ["data:image/png;base64,AA", "View/local/mine/tiny/a.png"],
  });
  assertEquals([found.reason, found.asked], [null, ["mine/tiny", ""]]);
});

Deno.test("findImages() waits for pictures that are listed late", async () => {
  const found = await find({ [DAY]: [[], [picture("a")], [picture("b", { seed: "8" })]] });
  assertEquals([found.images.length, found.reason], [2, null]);
});

Deno.test("findImages() asks again if a server does not answer", async () => {
  const away = new ServerUnreachableError("Cannot list the pictures: away");
  const all = [picture("b", { seed: "8" }), picture("a")];
  assertEquals((await find({ [DAY]: [away, away, all] })).reason, null);
  const gone = await find({ [DAY]: [away] });
  assertStringIncludes(gone.reason ?? "", "could not be listed: Cannot list the pictures: away");
});

Deno.test("findImages() does not ask again after a refusal", async () => {
  const found = await find({ [DAY]: [new ServerRefusedError("Cannot list the pictures: no")] });
  assertEquals(found.asked, [DAY]);
  assertStringIncludes(found.reason ?? "", "it needs the permission view_image_history");
});

Deno.test("findImages() says how many pictures are newer, and searches the days around", async () => {
  const others = Array.from(
    { length: HISTORY_MAX },
    (_, at) => picture(`${at}`, { tag: null }),
  );
  const found = await find({ "": [others] });
  assertStringIncludes(
    found.reason ?? "",
    "the newest 1000 pictures only, and there are that many newer ones",
  );
  assertEquals(found.asked.slice(0, 4), [DAY, "", "raw/2025-10-09", "raw/2025-10-11"]);
  const late = await find({ "": [others], "raw/2025-10-11": [[picture("a"), picture("b")]] });
  assertEquals(late.reason, null);
});

const KEPT: readonly (readonly [KeptPictures, string])[] = [
  [{ files: false, metadata: true }, "SaveFiles"],
  [{ files: true, metadata: false }, "SaveMetadata"],
  [{ files: null, metadata: null }, "does not hold the rest"],
  [{ files: true, metadata: true }, "it failed to make them or was stopped"],
];

for (const [kept, word] of KEPT) {
  Deno.test(`findImages() gives a reason with ${word} for ${JSON.stringify(kept)}`, async () => {
    const found = await find({ [DAY]: [[picture("a")]] }, { kept });
    assertEquals(found.images.length, 1);
    assertStringIncludes(found.reason ?? "", word);
    assertEquals(found.mayBeMore, kept.files !== true || kept.metadata !== true);
  });
}

Deno.test("findImages() does not look where the request said that nothing is kept", async () => {
  const found = await find({ [DAY]: [[picture("a")]] }, { trail: { doNotSave: true } });
  assertEquals(found, {
    images: [],
    reason: "the request told the server to keep no pictures (the parameter donotsave)",
    mayBeMore: true,
    asked: [],
  });
});

Deno.test("findImages() without a tag takes the newest picture of each seed and of the model", async () => {
  const found = await find({
    [DAY]: [[
      picture("tagged", { seed: "8" }),
      picture("model", { tag: null, seed: "8", model: "other" }),
      picture("new", { tag: null, seed: "8" }),
      picture("old", { tag: null, seed: "8" }),
      picture("a", { tag: null }),
    ]],
  }, { trail: { tag: null } });
  assertEquals(found.images.map(({ path }) => path.replace(/^.*\//, "")), ["a.png", "new.png"]);
});

Deno.test("findImages() without a tag never says that a picture was not made", async () => {
  // Of pictures with the same seed, as with noseedincrement, only the newest is taken.
  const { images, reason, mayBeMore } = await find({
    "": [[picture("b", { tag: null }), picture("a", { tag: null })]],
  }, { trail: { tag: null } });
  assertEquals([images.length, mayBeMore], [1, true]);
  assertEquals(
    reason,
    "without a tag (--no-tag) only pictures of the expected seed and model can be recognised in the " +
      "server's history",
  );
});
