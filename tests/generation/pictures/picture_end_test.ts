import { assert, assertEquals } from "@std/assert";
import { PictureEnd } from "../../../src/generation/pictures/picture_end.ts";
import { chunk, joined, png } from "../../support/picture_bytes.ts";

const PICTURES = new URL("../../fixtures/pictures/", import.meta.url);
const ZEROS = new Uint8Array(20);
/** A thumbnail with its own end, two scans, restart markers, padding with 0xFF. */
const JPEG = joined(
  "\xff\xd8\xff\xe1\0\x06\xff\xd8\xff\xd9\xff\xff\xdb\0\x02",
  "\xff\xc2\0\x0b\x08\0\x01\0\x02\x01\x01\x11\0",
  "\xff\xda\0\x04\x01\x02\x07\xff\0\x08\xff\xd3\x09\xff\xc4\0\x03\xff",
  "\xff\xda\0\x02\x05\xff\xd9",
);
const GLB = joined("glTF\x02\0\0\0\x1c\0\0\0", "\x08\0\0\0JSON", '{"a":10}');

function judge(bytes: Uint8Array, pieceLength = bytes.length): string {
  const end = new PictureEnd();
  for (let at = 0; at < bytes.length; at += pieceLength) {
    end.push(bytes.subarray(at, at + pieceLength));
  }
  return end.wholeness;
}

async function realFiles(): Promise<readonly (readonly [name: string, bytes: Uint8Array])[]> {
  const names = [...Deno.readDirSync(PICTURES)].map(({ name }) => name).sort();
  assert(names.length >= 10);
  return await Promise.all(names.map(async (name) =>
    [
      name,
      await Deno.readFile(new URL(name, PICTURES)),
    ] as const
  ));
}

Deno.test("PictureEnd distinguishes a complete file, even with bytes after its end, from a truncated one", async () => {
  const made = [["odd.jpg", JPEG], ["thing.glb", GLB]] as const;
  for (const [name, file] of [...await realFiles(), ...made]) {
    if (name === "streamed.webm") continue;
    for (const size of [1, 3, 1000]) {
      const what = `${name}, ${size} bytes at a time`;
      assertEquals(judge(file, size), "whole", what);
      assertEquals(judge(joined(file, ZEROS), size), "whole", what);
      assertEquals(judge(joined(file, "left by an editor"), size), "whole", what);
    }
    for (let length = 0; length < file.length; length++) {
      const found = judge(file.subarray(0, length));
      // An AVIF may end between two boxes; no other kind of file may.
      const mayEnd = name.endsWith(".avif") && found === "unknown";
      assert(found === "cut" || mayEnd, `${name}: ${length} bytes are ${found}`);
    }
  }
});

Deno.test("PictureEnd recognises a file that ends in zeros by its parts", async () => {
  const files = new Map(await realFiles());
  for (const name of ["picture.png", "moving.gif", "picture.jpg"]) {
    const file = new Uint8Array(files.get(name) ?? []);
    file.fill(0, file.length >> 1);
    assert(["cut", "damaged"].includes(judge(file)), name);
  }
});

Deno.test("PictureEnd says nothing about files without a recognisable end", async () => {
  const files = new Map(await realFiles());
  const streamed = files.get("streamed.webm") ?? ZEROS;
  const wav = files.get("sound.wav") ?? ZEROS;
  const unknown: Readonly<Record<string, Uint8Array>> = {
    streamed,
    "half a stream": streamed.subarray(0, streamed.length >> 1),
    "a WAV that was sent while it was made": joined(
      wav.slice(0, 4),
      "\xff\xff\xff\xff",
      wav.slice(8),
    ),
    "the same of an older program": joined(wav.slice(0, 4), "\0\0\0\0", wav.slice(8)),
    "a video up to the end": joined("\0\0\0\x08ftyp\0\0\0\x08moov\0\0\0\0mdat", ZEROS),
    FLAC: joined("fLaC", ZEROS),
    TIFF: joined("II*\0", ZEROS),
    "JPEG XL": joined("\0\0\0\x0cJXL \r\n\x87\n", ZEROS),
    text: joined("\x89PNX", ZEROS),
  };
  for (const [name, bytes] of Object.entries(unknown)) assertEquals(judge(bytes), "unknown", name);
});

Deno.test("PictureEnd finds that a file does not match its beginning", () => {
  const damaged: Readonly<Record<string, Uint8Array>> = {
    "a PNG of zeros": joined("\x89PNG\r\n\x1a\n", ZEROS),
    "a PNG without pixels": png(),
    "a PNG without a header": joined("\x89PNG\r\n\x1a\n", chunk("IDAT", ZEROS), ZEROS),
    "a PNG with a chunk of 2 GiB": joined(png().subarray(0, 33), "\x80\0\0\0IDAT"),
    "a JPEG with a length of 1": joined("\xff\xd8\xff\xe0\0\x01\0\0"),
    "a JPEG without a size": joined("\xff\xd8\xff\xda\0\x04\x01\x02\x07\xff\xd9"),
    "a JPEG without pixels": joined("\xff\xd8\xff\xe0\0\x02\xff\xd9"),
    "a GIF of text": joined("GIF89a", "x".repeat(40)),
    "a WebP of nothing": joined("RIFF\0\0\0\0WEBP", ZEROS),
    "a video of text": joined("\0\0\0\x08ftypxxxx\0\0\0\0", ZEROS),
  };
  for (const [name, bytes] of Object.entries(damaged)) assertEquals(judge(bytes), "damaged", name);
});

Deno.test("PictureEnd gives up on a picture of a million parts", () => {
  const parts = (part: string): Uint8Array => {
    const all = new Uint8Array(part.length * 1_000_000);
    for (let at = 0; at < all.length; at++) all[at] = part.charCodeAt(at % part.length);
    return all;
  };
  const whole = png(chunk("IDAT", ZEROS));
  const start = 33;
  assertEquals(
    judge(joined(whole.subarray(0, start), parts("\0\0\0\0abCd\0\0\0\0"), whole.subarray(start))),
    "damaged",
  );
  assertEquals(judge(joined("\xff\xd8", parts("\xff\xe1\0\x02"), JPEG.subarray(2))), "damaged");
});

Deno.test("PictureEnd finds that a picture has a size that no program shows", async () => {
  const pixels = chunk("IDAT", ZEROS);
  const whole = png(pixels);
  assertEquals(judge(whole), "whole");
  // Each number of the header, with the right checksum after it.
  const heads: readonly (readonly [what: string, head: string])[] = [
    ["no width", "\0\0\0\0\0\0\0\x01\x08\x02\0\0\0"],
    ["no height", "\0\0\0\x01\0\0\0\0\x08\x02\0\0\0"],
    ["a width of 2^31", "\x80\0\0\0\0\0\0\x01\x08\x02\0\0\0"],
    ["a height of 2^32 - 1", "\0\0\0\x01\xff\xff\xff\xff\x08\x02\0\0\0"],
    ["colours that do not exist", "\0\0\0\x01\0\0\0\x01\x08\x05\0\0\0"],
    ["bits that do not exist", "\0\0\0\x01\0\0\0\x01\x04\x02\0\0\0"],
    ["another compression", "\0\0\0\x01\0\0\0\x01\x08\x02\x01\0\0"],
  ];
  for (const [what, head] of heads) {
    const file = joined(whole.subarray(0, 8), chunk("IHDR", joined(head)), whole.subarray(33));
    assertEquals(judge(file), "damaged", `a PNG of ${what}`);
  }
  for (let at = 8; at < 33; at++) {
    const file = new Uint8Array(whole);
    file[at] = (file[at] ?? 0) ^ 1;
    assertEquals(judge(file), "damaged", `a PNG whose byte ${at} is wrong`);
  }
  const files = new Map(await realFiles());
  const wrong: readonly (readonly [name: string, mark: string, at: number, bytes: string])[] = [
    ["picture.jpg", "\xff\xc0", 5, "\0\0"],
    ["picture.jpg", "\xff\xc0", 7, "\0\0"],
    ["progressive.jpg", "\xff\xc2", 7, "\0\0"],
    ["picture.gif", ",", 5, "\0\0"],
    ["picture.webp", "WEBP", 4, "VP9 "],
  ];
  for (const [name, mark, at, bytes] of wrong) {
    const file = new Uint8Array(files.get(name) ?? []);
    const start = String.fromCharCode(...file).indexOf(mark);
    assert(start > 0, name);
    file.set(joined(bytes), start + at);
    assertEquals(judge(file), "damaged", `${name} with other bytes at ${start + at}`);
  }
  const frame = (size: string): Uint8Array =>
    joined("RIFF\x1a\0\0\0WEBPVP8 \x0e\0\0\0", "\0\0\0\x9d\x01\x2a", size, "\0\0\0\0");
  assertEquals(judge(frame("\x01\0\x01\0")), "whole");
  assertEquals(judge(frame("\0\0\x01\0")), "damaged");
  assertEquals(judge(frame("\x01\0\0\x40")), "damaged");
});
