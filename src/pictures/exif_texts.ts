/** The texts of EXIF, read with npm's exifreader. */
import exif, { type Tag } from "exifreader/exif";
import type { PictureTexts } from "../generation/pictures/picture_origin.ts";
import type { TextRoom } from "./text_room.ts";

/** Of EXIF only what programs that make pictures write. */
const TAGS = ["UserComment", "ImageDescription", "Make", "Model", "Software"];

/**
 * Reads the texts.
 *
 * @param bytes From the order of the bytes (`II` or `MM`) on.
 * @throws Whatever the way through broken bytes leads to.
 */
export function readExifTexts(bytes: Uint8Array<ArrayBuffer>, room: TextRoom): PictureTexts {
  if (!room.takeExif(bytes.length)) return {};
  const { tags } = exif.read(
    new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    0,
    false,
  );
  return Object.fromEntries(
    TAGS.flatMap((name) => {
      const tag = tags[name];
      const text = tag === undefined ? "" : textOf(tag);
      return text === "" ? [] : [[name, text]];
    }),
  );
}

/** A tag's text: bytes behind the name of their encoding, or what other tags hold. */
function textOf({ value, description }: Tag): string {
  const isBytes = Array.isArray(value) && value.length > 0 &&
    value.every((one): one is number => typeof one === "number");
  return isBytes ? decodeComment(Uint8Array.from(value)) : `${description}`;
}

/** EXIF's UserComment: eight bytes name the encoding. */
function decodeComment(bytes: Uint8Array): string {
  const name = new TextDecoder("latin1").decode(bytes.subarray(0, 8));
  const rest = bytes.subarray(8);
  if (name.startsWith("UNICODE")) return withoutEnd(decodeUtf16(rest));
  const isNamed = name.startsWith("ASCII\0") || name === "\0".repeat(8);
  return withoutEnd(new TextDecoder().decode(isNamed ? rest : bytes));
}

/** In either order: most of such texts is ASCII, so that the half that is zero tells. */
function decodeUtf16(bytes: Uint8Array): string {
  const zeros = [0, 0];
  bytes.forEach((byte, at) => {
    if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  return new TextDecoder(even > odd ? "utf-16be" : "utf-16le").decode(bytes);
}

/** Without the NULs at the end. A pattern would look at each NUL of a long row again and again. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}
