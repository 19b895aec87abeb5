/** Pictures that arrive completely, and others. */
import { assertEquals } from "@std/assert";
import { ServerUnreachableError } from "../../../src/errors.ts";
import { type SavedImage, saveImages } from "../../../src/cli/generate/save_images.ts";
import { preparePictureFolder, savePicture } from "../../../src/pictures/picture_files.ts";
import { FastClock } from "../../support/fast_clock.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { namesIn, tempDir } from "../../support/temp_dir.ts";

const PICTURES = new URL("../../fixtures/pictures/", import.meta.url);

/** What all of them are saved with. */
const USUAL = {
  files: { prepare: preparePictureFolder, save: savePicture },
  template: "{original}.{ext}",
  request: { prompt: "a cat", model: "tiny" },
  id: "gen-1",
  replaces: false,
  nowMs: 0,
  onAway: () => {},
};

/**
 * Saves a picture that the server sends at the first, second … attempt, always with its true
 * length.
 */
async function save(
  directory: string,
  name: string,
  tries: readonly Uint8Array[],
  { replaces = false, pieces = halves, signal = new AbortController().signal }: {
    readonly replaces?: boolean;
    readonly pieces?: (bytes: Uint8Array) => readonly Uint8Array[];
    readonly signal?: AbortSignal;
  } = {},
): Promise<SavedImage | undefined> {
  const left = [...tries];
  const [saved] = await saveImages([{ number: 0, image: { index: 0, path: name, seed: null } }], {
    server: {
      openImage: () => {
        const bytes = (left.length > 1 ? left.shift() : left[0]) ?? new Uint8Array(0);
        const body = ReadableStream.from(pieces(bytes));
        return Promise.resolve({ body, contentType: null, isEndSure: true });
      },
    },
    ...USUAL,
    directory,
    replaces,
    clock: new FastClock(100_000),
    signal,
  });
  return saved;
}

function halves(bytes: Uint8Array): readonly Uint8Array[] {
  return [bytes.subarray(0, 50), bytes.subarray(50)];
}

Deno.test("a part of a file that comes with its own true length is not saved", async () => {
  await using directory = await tempDir();
  const names = (await namesIn(PICTURES))
    .filter((name) => name !== "streamed.webm").sort();
  for (const name of names) {
    const file = await Deno.readFile(new URL(name, PICTURES));
    await Deno.writeTextFile(directory.join(name), "of before");
    for (const length of [40, file.length >> 1, file.length - 1]) {
      const half = file.slice(0, length);
      const saved = await save(directory.path, name, [half], { replaces: true });
      assertEquals([saved?.localPath, saved?.problem?.code, saved?.problem?.message], [
        null,
        "failed",
        `Cannot save "${name}": the server sent only a part of it ` +
        "(see whether the server's file is complete)",
      ]);
    }
    assertEquals(await Deno.readTextFile(directory.join(name)), "of before");
  }
  assertEquals(await namesIn(directory.path), names);
});

Deno.test("a file that is whole at the next try is saved, and also one that cannot be judged", async () => {
  await using directory = await tempDir();
  const load = (name: string) => Deno.readFile(new URL(name, PICTURES));
  const [png, webm] = [await load("picture.png"), await load("streamed.webm")];
  const more = new Uint8Array([...png, 1, 2, 3]);
  for (
    const [name, tries] of [
      ["picture.png", [png.slice(0, 50), more]],
      ["streamed.webm", [webm.slice(0, 200)]],
    ] as const
  ) {
    const saved = await save(directory.path, name, tries);
    assertEquals([saved?.problem, saved?.warning], [null, null]);
    assertEquals(await Deno.readFile(directory.join(name)), tries.at(-1));
  }
  assertEquals(await namesIn(directory.path), ["picture.png", "streamed.webm"]);
});

Deno.test("a time-out is noticed while a picture in one large piece is looked at", async () => {
  await using directory = await tempDir();
  const png = await Deno.readFile(new URL("picture.png", PICTURES));
  const large = new Uint8Array(1024 * 1024);
  large.set(png);
  const stop = new AbortController();
  let opened = 0;
  const saved = await save(directory.path, "picture.png", [large], {
    signal: stop.signal,
    pieces: (bytes) => {
      opened++;
      // At the next turn of the event loop.
      setTimeout(() => stop.abort("timed_out"), 0);
      return [bytes];
    },
  });
  assertEquals([opened, saved?.localPath, saved?.problem?.code], [1, null, "timed_out"]);
  assertEquals(await namesIn(directory.path), []);
});

/** A clock on which every wait is over at once. */
class SkippingClock extends ManualClock {
  override async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    const slept = super.sleep(delayMs, signal);
    await this.advance(Math.max(0, delayMs));
    await slept;
  }
}

/** Saves pictures of a server that answers from some time on, and says when it was asked for which. */
async function saveFrom(readyMs: number, { pictures = 1, retryAfterMs = null }: {
  readonly pictures?: number;
  readonly retryAfterMs?: number | null;
} = {}): Promise<{
  readonly asked: readonly string[];
  readonly told: readonly string[];
  readonly saved: readonly (string | undefined)[];
}> {
  await using directory = await tempDir();
  const png = await Deno.readFile(new URL("picture.png", PICTURES));
  const clock = new SkippingClock();
  const [asked, told]: [string[], string[]] = [[], []];
  const images = Array.from({ length: pictures }, (_, number) => ({
    number,
    image: { index: number, path: `${number}.png`, seed: null },
  }));
  const saved = await saveImages(images, {
    server: {
      openImage: (path) => {
        asked.push(`${path} at ${clock.monotonicMs() / 1000}`);
        return clock.monotonicMs() < readyMs
          ? Promise.reject(new ServerUnreachableError("It is away", { retryAfterMs }))
          : Promise.resolve({
            body: ReadableStream.from([png]),
            contentType: null,
            isEndSure: true,
          });
      },
    },
    ...USUAL,
    directory: directory.path,
    clock,
    onAway: (found) => told.push(`${found} at ${clock.monotonicMs() / 1000}`),
    signal: new AbortController().signal,
  });
  return { asked, told, saved: saved.map(({ problem }) => problem?.code) };
}

Deno.test("a server that is away is asked for a picture for two minutes", async () => {
  const { asked, told, saved } = await saveFrom(100_000);
  assertEquals(saved, [undefined]);
  assertEquals(asked.slice(0, 6).map((one) => one.slice(6)), [
    "at 0",
    "at 0.5",
    "at 2",
    "at 6",
    "at 11",
    "at 16",
  ]);
  assertEquals(asked.at(-1), "0.png at 101");
  assertEquals(told, ["It is away at 6"]);
});

Deno.test("a server that stays away is waited for once, and asked for each further picture", async () => {
  const { asked, told, saved } = await saveFrom(Infinity, { pictures: 3 });
  assertEquals(saved, ["unreachable", "unreachable", "unreachable"]);
  assertEquals(asked.slice(-3), ["0.png at 116", "1.png at 116", "2.png at 116"]);
  assertEquals(told, ["It is away at 6"]);
});

Deno.test("a server that says when to ask again is not asked before, unless that is too late", async () => {
  const soon = await saveFrom(60_000, { retryAfterMs: 45_000 });
  assertEquals(soon.asked, ["0.png at 0", "0.png at 45", "0.png at 90"]);
  assertEquals([soon.told, soon.saved], [["It is away at 0"], [undefined]]);
  const late = await saveFrom(60_000, { retryAfterMs: 3_600_000 });
  assertEquals([late.asked, late.saved], [["0.png at 0"], ["unreachable"]]);
});

Deno.test("a picture that came in an answer is saved after the stop too, for it is nowhere else", async () => {
  await using directory = await tempDir();
  const png = await Deno.readFile(new URL("picture.png", PICTURES));
  const image = (path: string, index: number) => ({
    number: index,
    image: { index, path, seed: null },
  });
  const asked: string[] = [];
  const saved = await saveImages([image("a.png", 0), image("data:image/png;base64,AA", 1)], {
    server: {
      openImage: (path) => {
        asked.push(path);
        const body = ReadableStream.from([png]);
        return Promise.resolve({ body, contentType: null, isEndSure: true });
      },
    },
    ...USUAL,
    directory: directory.path,
    template: "{index}",
    clock: new FastClock(1),
    signal: AbortSignal.abort("timed_out"),
    lastSignal: new AbortController().signal,
  });
  assertEquals(saved.map(({ problem }) => problem?.code), ["timed_out", undefined]);
  assertEquals([asked.length, await namesIn(directory.path)], [1, ["001.png"]]);
});
