/** Pictures that came without metadata, while the history has it. */
import { assertEquals } from "@std/assert";
import { ServerRefusedError } from "../../../src/errors.ts";
import { describeImages } from "../../../src/generation/recovery/describe_images.ts";
import type { HistoryImage, MadeImage } from "../../../src/generation/server/image_server.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { sampleSession } from "../../support/sample_records.ts";

const METADATA = { sui_image_params: { seed: "7" } };

function bare(path: string): MadeImage {
  return { index: null, path, seed: null };
}

function listed(path: string): HistoryImage {
  return { path, tag: null, seed: "7", model: null, isGrid: false, metadata: METADATA };
}

/** @param answers The answers to the questions; the last one repeats. */
async function describe(
  images: readonly MadeImage[],
  answers: readonly (readonly HistoryImage[] | Error)[],
): Promise<{ readonly images: readonly MadeImage[]; readonly asked: readonly string[] }> {
  const clock = new ManualClock();
  const asked: string[] = [];
  const described = describeImages(images, {
    server: {
      history: (_session, { folder }) => {
        const answer = answers[Math.min(asked.length, answers.length - 1)] ?? [];
        asked.push(folder);
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    },
    session: sampleSession("a"),
    clock,
    signal: new AbortController().signal,
  });
  await clock.advance(1_000);
  return { images: await described, asked };
}

Deno.test("describeImages() brings what the history has, whatever it calls the user's folder", async () => {
  const [a, b] = [bare("View/local/raw/day/a.png"), bare("View/local/raw/day/b.png")];
  assertEquals(await describe([a, b], [[listed("Output/raw/day/a.png")]]), {
    images: [{ ...a, seed: "7", metadata: METADATA }, b],
    asked: ["raw/day", "raw/day"],
  });
});

Deno.test("describeImages() asks once more for what is listed late, and then leaves it", async () => {
  const a = bare("View/local/raw/a.png");
  assertEquals(
    await describe([a], [
      [listed("View/local/raw/older.png")],
      [listed("View/local/raw/a.png")],
    ]),
    {
      images: [{ ...a, seed: "7", metadata: METADATA }],
      asked: ["raw", "raw"],
    },
  );
});

Deno.test("describeImages() asks for nothing that is there, kept nowhere, or scattered", async () => {
  const told = { ...bare("View/local/raw/a.png"), metadata: METADATA };
  for (
    const images of [
      [],
      [told],
      [bare("data:image/png;base64,AAAA")],
      [1, 2, 3, 4, 5].map((folder) => bare(`View/local/${folder}/a.png`)),
    ]
  ) {
    assertEquals(await describe(images, [[]]), { images, asked: [] });
  }
});

Deno.test("describeImages() leaves pictures as they came if the history may not be read", async () => {
  const images = [bare("View/local/raw/a.png")];
  assertEquals(await describe(images, [new ServerRefusedError("no")]), { images, asked: ["raw"] });
});
