import { assertEquals } from "@std/assert";
import { pictureSizeOf } from "../../../src/generation/pictures/picture_size.ts";

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text.padEnd(32, "\0"), (one) => one.charCodeAt(0));
}

for (
  const [what, head, size] of [
    ["a PNG", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x05\0\0\0\x02\xd0", [1280, 720]],
    ["a GIF", "GIF89a\x40\x01\xf0\0", [320, 240]],
    ["a lossy WebP", "RIFF----WEBPVP8 ----\x30\x01\0\x9d\x01\x2a\x40\x01\xf0\0", [320, 240]],
    ["a lossless WebP", "RIFF----WEBPVP8L----\x2f\x3f\xc1\x3b\0", [320, 240]],
    ["a WebP with metadata", "RIFF----WEBPVP8X----\x08\0\0\0\x3f\x01\0\xef\0\0", [320, 240]],
    ["a JPEG", "\xff\xd8\xff\xe0\0\x10JFIF\0", null],
    ["a PNG without size", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", null],
    ["text", "a text that is longer than it needs", null],
  ] as const
) {
  Deno.test(`pictureSizeOf() reads ${what}`, () => {
    const found = pictureSizeOf(bytes(head));
    assertEquals(found, size === null ? null : { width: size[0], height: size[1] });
    assertEquals(pictureSizeOf(bytes(head).subarray(0, 20)), null);
  });
}
