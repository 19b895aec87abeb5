/**
 * The texts of a PNG: its chunks tEXt, zTXt and iTXt (https://www.w3.org/TR/png-3/#11textinfo), read
 * with npm's exifreader. It would unpack all of them at once, so it gets one after another.
 */
import png from "exifreader/png_text";
import { textOf } from "../generation/pictures/file_walk.ts";
import type { PictureTexts } from "../generation/pictures/picture_origin.ts";
import type { TextRoom } from "./text_room.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The names of chunks as numbers, which are quick to compare: a file may have millions. */
const TEXT_CHUNKS: ReadonlyMap<number, string> = new Map([
  [0x74455874, "tEXt"],
  [0x7a545874, "zTXt"],
  [0x69545874, "iTXt"],
]);
const LAST_CHUNK = 0x49454e44;
/** Length and name. */
const HEAD_BYTES = 8;
const CHECKSUM_BYTES = 4;
/** The longest name of a text by the specification. */
const NAME_BYTES_MAX = 79;
/** More than a text's language and its name in that language take. */
const NAMES_BYTES_MAX = 1_000;
/** Packed bytes that are unpacked at a time: they become a thousand times as many at most. */
const SLICE_BYTES = 1024;
/** A colour profile's or camera's data in a text, as ImageMagick writes it, or XMP: no texts. */
const NO_TEXT = /^(raw profile type |xml:com\.adobe\.xmp$)/i;

/** A chunk with a text. */
interface TextChunk {
  readonly type: string;
  readonly bytes: Bytes;
}

/** Reads the texts. Of several of one name the last counts. */
export async function readPngTexts(file: Bytes, room: TextRoom): Promise<PictureTexts> {
  const texts = new Map<string, string>();
  for (const chunk of textChunks(file)) {
    if (!room.begin()) break;
    if (!isSound(chunk) || !room.take(chunk.bytes.length)) continue;
    for (const [name, text] of await readText(chunk, room)) texts.set(name, text);
  }
  return Object.fromEntries(texts);
}

function* textChunks(file: Bytes): Generator<TextChunk> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 8; at + HEAD_BYTES <= file.length;) {
    const start = at + HEAD_BYTES;
    const end = start + view.getUint32(at);
    const kind = view.getUint32(at + 4);
    if (kind === LAST_CHUNK) return;
    const type = TEXT_CHUNKS.get(kind);
    if (type !== undefined) yield { type, bytes: file.subarray(start, end) };
    at = end + CHECKSUM_BYTES;
  }
}

/** Whether it has a short name, and what stands between that and the text is short too. */
function isSound({ type, bytes }: TextChunk): boolean {
  const end = bytes.subarray(0, NAME_BYTES_MAX + 1).indexOf(0);
  if (end < 1 || NO_TEXT.test(textOf(bytes.subarray(0, end)))) return false;
  if (type !== "iTXt") return true;
  const names = bytes.subarray(end + 3, end + 3 + NAMES_BYTES_MAX);
  const language = names.indexOf(0);
  return language >= 0 && names.indexOf(0, language + 1) >= 0;
}

async function readText(
  { type, bytes }: TextChunk,
  room: TextRoom,
): Promise<readonly (readonly [name: string, text: string])[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunk = { offset: 0, length: bytes.length, type };
  const read = png.read(view, [chunk], true, false, false, undefined, {
    deflate: (packed) => unpack(packed, room),
  });
  const packed = await read.readTagsPromise ?? [];
  return [read.readTags, ...packed].flatMap((found) => Object.entries(found))
    // What could not be unpacked is no text.
    .filter(([, { value }]) => typeof value === "string" && value !== "")
    .map(([name, { description }]) => [name, description] as const);
}

/**
 * Unpacks what zlib packed. It is handed over in small slices, each when the one before has been
 * taken, so that no more than some MiB exist that nobody has counted.
 *
 * @throws {RangeError} If there is no room.
 * @throws {TypeError} If it was not packed by zlib.
 */
async function unpack(packed: Bytes, room: TextRoom): Promise<Bytes> {
  const pieces: Bytes[] = [];
  for await (const piece of slices(packed).pipeThrough(new DecompressionStream("deflate"))) {
    // Leaving the loop cancels the stream.
    if (!room.take(piece.length)) throw new RangeError("the texts are too long");
    pieces.push(piece);
  }
  return await new Blob(pieces).bytes();
}

function slices(bytes: Bytes): ReadableStream<Bytes> {
  let at = 0;
  return new ReadableStream({
    pull(controller): void {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + SLICE_BYTES));
      at += SLICE_BYTES;
    },
  }, { highWaterMark: 0 });
}
