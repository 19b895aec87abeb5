/** Texts in picture files, in all ways in which programs write them. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { AppError } from "../../src/errors.ts";
import { readPicture } from "../../src/pictures/read_picture.ts";
import {
  chunk,
  exif,
  joined,
  jpeg,
  latin1,
  packed,
  png,
  textChunk,
  utf16,
  webp,
} from "../support/picture_bytes.ts";
import { startScript } from "../support/script_process.ts";
import { hasCommand } from "../support/shell.ts";
import { tempDir } from "../support/temp_dir.ts";

const TEXT = '{"sui_image_params": {"prompt": "gr\u00f6\u00dfe"}}';
const WIDE = '{"sui_image_params": {"prompt": "\u732b \u{1f408}"}}';

const UNICODE_LE = joined("UNICODE\0", utf16(WIDE, "le"));
const UNICODE_BE = joined("UNICODE\0", utf16(WIDE, "be"));
const UTF8 = joined("\0\0\0\0\0\0\0\0", new TextEncoder().encode(WIDE));

for (
  const [what, make, format, texts] of [
    ["tEXt", () => textPng("tEXt", TEXT), "PNG", { parameters: TEXT }],
    ["iTXt", () => textPng("iTXt", WIDE), "PNG", { parameters: WIDE }],
    ["zTXt", () => textPng("zTXt", TEXT), "PNG", { parameters: TEXT }],
    ["packed iTXt", () => packedItxt(WIDE), "PNG", { parameters: WIDE }],
    [
      "the last text of a name, and none of unknown packing or without a name",
      () =>
        png(
          chunk("tEXt", latin1("a\0one")),
          chunk("zTXt", latin1("b\0\x07two")),
          chunk("zTXt", latin1("c\0\0not packed")),
          chunk("tEXt", latin1("\0three")),
          chunk("tEXt", latin1("d")),
          chunk("tEXt", latin1("a\0four")),
        ),
      "PNG",
      { a: "four" },
    ],
    ["no text", () => png(), "PNG", {}],
    ["EXIF behind fill bytes and a colour profile", () => otherJpeg(), "JPEG", {
      Make: "m",
      Model: "a longer name, and another",
    }],
    ["a comment in UTF-16", () => jpeg(exif({ comment: UNICODE_LE })), "JPEG", {
      UserComment: WIDE,
    }],
    ["a comment in big-endian UTF-16", () => jpeg(exif({ comment: UNICODE_BE })), "JPEG", {
      UserComment: WIDE,
    }],
    [
      "a comment in ASCII",
      () => jpeg(exif({ comment: joined("ASCII\0\0\0", "Steps: 5") })),
      "JPEG",
      {
        UserComment: "Steps: 5",
      },
    ],
    ["a comment in UTF-8", () => webp(exif({ comment: UTF8 })), "WebP", { UserComment: WIDE }],
    ["a comment without its encoding", () => webp(exif({ comment: latin1("a comment") })), "WebP", {
      UserComment: "a comment",
    }],
    ["tags of a camera", () => webp(exif({ tags: { 0x010f: 'prompt:{"1":{}}' } })), "WebP", {
      Make: 'prompt:{"1":{}}',
    }],
  ] as const
) {
  Deno.test(`readPicture() reads ${what} in ${format}`, async () => {
    const found = await read(await make());
    assertEquals([found.format, found.width, found.height], [format, 64, 32]);
    assertEquals(found.texts, texts);
    assertEquals(found.isCut, false);
  });
}

Deno.test("readPicture() reads the rest of an incomplete picture", async () => {
  const whole = await textPng("tEXt", TEXT);
  const found = await read(whole.subarray(0, whole.length - 8));
  assertEquals([found.texts.parameters, found.isCut], [TEXT, true]);
  assertEquals((await read(whole.subarray(0, 40))).texts, {});
});

for (
  const [what, bytes, said] of [
    ["nothing", "", "it is empty"],
    ["a text", "some text, and no picture", "it is not a picture"],
    ["a GIF", "GIF89a\x01\0\x01\0 and more of it", "it is GIF, and only PNG, JPEG and WebP"],
  ] as const
) {
  Deno.test(`readPicture() refuses ${what}`, async () => {
    await assertRejects(() => read(latin1(bytes)), AppError, said);
  });
}

Deno.test("readPicture() refuses anything that is not a file, and huge files", async () => {
  await using directory = await tempDir();
  const huge = directory.join("huge.png");
  await Deno.writeFile(huge, png());
  await Deno.truncate(huge, 300 * 1024 * 1024);
  const rows: readonly (readonly [string, string])[] = [
    [huge, "it has more than 256 MiB"],
    [directory.path, "it is a directory"],
    [directory.join("none.png"), "no such file or directory"],
  ];
  for (const [path, said] of rows) {
    await assertRejects(
      () => readPicture(path),
      AppError,
      `Cannot inspect ${JSON.stringify(path)}: ${said}`,
    );
  }
});

Deno.test("readPicture() does not wait for a pipe", { ignore: !hasCommand("mkfifo") }, async () => {
  await using directory = await tempDir();
  const pipe = directory.join("pipe.png");
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  await assertRejects(() => readPicture(pipe), AppError, "it is not a plain file");
});

Deno.test("readPicture() reads no text beyond its limits, and says so", async () => {
  const tooLong = "more than 16 MiB of texts";
  const bomb = await packed(new Uint8Array(64 * 1024 * 1024));
  const found = await read(png(chunk("zTXt", joined("parameters\0\0", bomb))));
  assertEquals([found.texts, found.textLimit], [{}, tooLong]);
  // Many that are short enough by themselves hold gigabytes too.
  const part = await packed(new Uint8Array(3 * 1024 * 1024).fill(0x20));
  const many = Array.from({ length: 60 }, (_, at) => chunk("zTXt", joined(`t${at}\0\0`, part)));
  const { texts, textLimit } = await read(png(...many));
  assertEquals([Object.keys(texts).length, textLimit], [5, tooLong]);
  const plain = await read(png(chunk("tEXt", joined("a\0", new Uint8Array(17 * 1024 * 1024)))));
  assertEquals([plain.texts, plain.textLimit], [{}, tooLong]);
  const comment = new Uint8Array(2 * 1024 * 1024);
  const exifs = await read(webp(exif({ comment, tags: { 0x010f: "m" } })));
  assertEquals([exifs.texts, exifs.textLimit], [{}, "more than 2 MiB of EXIF"]);
  const short = Array.from({ length: 1_001 }, (_, at) => chunk("tEXt", latin1(`t${at}\0x`)));
  const counted = await read(png(...short));
  assertEquals([Object.keys(counted.texts).length, counted.textLimit], [
    1_000,
    "more than 1000 texts",
  ]);
});

Deno.test("readPicture() passes over a long row of NULs", async () => {
  const comment = joined(new Uint8Array(1024 * 1024), "A");
  const { texts } = await read(webp(exif({ comment })));
  assertEquals(texts.UserComment?.length, comment.length - 8);
});

Deno.test("readPicture() takes little memory for texts that are packed very small", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using directory = await tempDir();
  const path = directory.join("a.png");
  const bomb = await packed(new Uint8Array(64 * 1024 * 1024));
  const chunks = Array.from({ length: 30 }, (_, at) => [
    chunk("zTXt", joined(`z${at}\0\0`, bomb)),
    chunk("iTXt", joined(`i${at}\0\x01\0\0\0`, bomb)),
  ]);
  await Deno.writeFile(path, png(...chunks.flat()));
  await using reader = startScript("picture_reader.ts", {
    directory: directory.path,
    args: [path],
  });
  assertEquals(await reader.nextLine(), "0 texts, more than 16 MiB of texts");
  const status = await new Deno.Command("cat", { args: [`/proc/${reader.pid}/status`] }).output();
  const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(new TextDecoder().decode(status.stdout)) ?? [];
  assert(Number(peak) < 250 * 1024, `${peak} kB`);
});

Deno.test("readPicture() copes with any bytes after a picture's first ones", async () => {
  let seed = 1;
  const random = (): number => seed = (seed * 16_807) % 2_147_483_647;
  const whole = [
    await textPng("iTXt", WIDE),
    jpeg(exif({ comment: UNICODE_LE })),
    webp(exif({ comment: UTF8, tags: { 0x010f: "a camera" } })),
  ];
  for (let round = 0; round < 300; round++) {
    const bytes = new Uint8Array(whole[round % whole.length] ?? []);
    for (let hit = 0; hit < 4; hit++) bytes[16 + random() % (bytes.length - 16)] = random() % 256;
    await read(bytes).catch((error) => {
      if (!(error instanceof AppError)) throw error;
    });
  }
});

async function packedItxt(text: string): Promise<Uint8Array> {
  const bytes = await packed(new TextEncoder().encode(text));
  return png(chunk("iTXt", joined("parameters\0\x01\0\0\0", bytes)));
}

/** A progressive JPEG as a camera writes it, numbers with their highest byte first. */
function otherJpeg(): Uint8Array {
  const model = "a longer name\0and another\0";
  const tiff = joined(
    "MM\0*\0\0\0\x08\0\x03",
    "\x01\x0f\0\x02\0\0\0\x02m\0\0\0",
    `\x01\x10\0\x02\0\0\0${String.fromCharCode(model.length)}\0\0\0\x32`,
    "\x01\x12\0\x03\0\0\0\x01\0\x01\0\0",
    "\0\0\0\0",
    model,
  );
  return joined(
    "\xff\xd8\xff\xe2\0\x06ICC\0",
    `\xff\xff\xff\xe1\0${String.fromCharCode(tiff.length + 8)}Exif\0\0`,
    tiff,
    "\xff\xc2\0\x0b\x08\0\x20\0\x40\x01\x01\x11\0",
    "\xff\xda\0\x08\x01\x01\0\0\x3f\0\0\0\xff\xd9",
  );
}

async function textPng(kind: "tEXt" | "iTXt" | "zTXt", text: string): Promise<Uint8Array> {
  return png(await textChunk(kind, "parameters", text));
}

async function read(bytes: Uint8Array): ReturnType<typeof readPicture> {
  await using directory = await tempDir();
  const path = directory.join("a.png");
  await Deno.writeFile(path, bytes);
  return await readPicture(path);
}
