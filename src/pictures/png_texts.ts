/** The texts of a PNG (https://www.w3.org/TR/png-3/#11textinfo). */
import type { PictureFile } from "../generation/picture_file.ts";

/** Texts of a picture are unpacked up to this size in all: small files may hold gigabytes of nothing. */
const TEXT_BYTES_MAX = 16 * 1024 * 1024;
const TEXT_CHUNKS: readonly string[] = ["tEXt", "zTXt", "iTXt"];
/** Where the first chunk begins. */
const FIRST_CHUNK = 8;
/** The name of the packing, of which there is one. */
const DEFLATE = 0;

/** Reads them; of one name the last. What cannot be unpacked is left out. */
export async function readPngTexts(bytes: Uint8Array<ArrayBuffer>): Promise<PictureFile["texts"]> {
  const unpack = unpacker();
  const texts: [name: string, text: string][] = [];
  for (const { type, data } of chunksOf(bytes)) {
    if (!TEXT_CHUNKS.includes(type)) continue;
    const [keyword, rest] = splitAtZero(data);
    const name = latin1(keyword);
    const text = await readText(type, rest, unpack).catch(() => "");
    if (name !== "" && text !== "") texts.push([name, text]);
  }
  return Object.fromEntries(texts);
}

/** @param rest What is behind the keyword. */
async function readText(
  type: string,
  rest: Uint8Array<ArrayBuffer>,
  unpack: Unpack,
): Promise<string> {
  if (type === "tEXt") return latin1(rest);
  if (type === "zTXt") return latin1(await unpacked(rest.subarray(1), rest[0], unpack));
  // Whether it is packed and how, a language, the keyword in it, the text.
  const [, behindLanguage] = splitAtZero(rest.subarray(2));
  const [, text] = splitAtZero(behindLanguage);
  const isPacked = rest[0] === 1;
  return new TextDecoder().decode(isPacked ? await unpacked(text, rest[1], unpack) : text);
}

/** Chunks: a length, a name, so many bytes, a checksum. The last one may break off. */
function* chunksOf(
  bytes: Uint8Array<ArrayBuffer>,
): Generator<{ readonly type: string; readonly data: Uint8Array<ArrayBuffer> }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = FIRST_CHUNK; at + 8 <= bytes.length;) {
    const end = at + 8 + view.getUint32(at);
    yield { type: latin1(bytes.subarray(at + 4, at + 8)), data: bytes.subarray(at + 8, end) };
    at = end + 4;
  }
}

async function unpacked(
  packed: Uint8Array<ArrayBuffer>,
  method: number | undefined,
  unpack: Unpack,
): Promise<Uint8Array> {
  if (method !== DEFLATE) throw new RangeError("the packing is not known");
  return await unpack(packed);
}

type Unpack = (packed: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;

/** Unpacks the texts of a picture, as long as they are no longer in all than what is read. */
function unpacker(): Unpack {
  let left = TEXT_BYTES_MAX;
  return async (packed) => {
    if (left < 0) throw new RangeError("the texts are too long");
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    for await (const piece of stream) {
      left -= piece.length;
      if (left < 0) throw new RangeError("the texts are too long");
      pieces.push(piece);
    }
    return await new Blob(pieces).bytes();
  };
}

/** What is before the first zero, and what is behind it. */
function splitAtZero(
  bytes: Uint8Array<ArrayBuffer>,
): readonly [before: Uint8Array<ArrayBuffer>, behind: Uint8Array<ArrayBuffer>] {
  const at = bytes.indexOf(0);
  return at < 0
    ? [bytes, bytes.subarray(bytes.length)]
    : [bytes.subarray(0, at), bytes.subarray(at + 1)];
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
