/** Texts in EXIF (https://www.cipa.jp/std/documents/download_e.html?CIPA_DC-008-2024-E). */
import type { PictureFile } from "../generation/picture_file.ts";

/** Of EXIF only what programs that make pictures write. */
const NAMES = {
  UserComment: 0x9286,
  ImageDescription: 0x010e,
  Make: 0x010f,
  Model: 0x0110,
  Software: 0x0131,
};
/** Where the directory of its own tags is. */
const EXIF_DIRECTORY = 0x8769;

/** The kinds of values that are read here. */
const KIND = { byte: 1, text: 2, long: 4, bytes: 7 };
const ENTRY_BYTES = 12;

interface Value {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/**
 * Reads them.
 *
 * @param exif From the mark of its byte order on.
 * @throws {RangeError} If it does not begin as EXIF does.
 */
export function readExifTexts(exif: Uint8Array): PictureFile["texts"] {
  const order = String.fromCharCode(...exif.subarray(0, 2));
  if (order !== "II" && order !== "MM") throw new RangeError("it names no byte order");
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const isLittle = order === "II";
  const values = readDirectory(view, view.getUint32(4, isLittle), isLittle);
  const further = values.get(EXIF_DIRECTORY);
  const at = further?.kind === KIND.long ? numberOf(further.bytes, isLittle) : null;
  if (at !== null) {
    for (const [id, value] of readDirectory(view, at, isLittle)) values.set(id, value);
  }
  return Object.fromEntries(
    Object.entries(NAMES).flatMap(([name, id]) => {
      const value = values.get(id);
      const text = value === undefined ? "" : textOf(value);
      return text === "" ? [] : [[name, text]];
    }),
  );
}

/** A count, and for each value its tag, its kind, its length, and itself or where it is. */
function readDirectory(view: DataView, at: number, isLittle: boolean): Map<number, Value> {
  const values = new Map<number, Value>();
  if (at + 2 > view.byteLength) return values;
  const end = at + 2 + ENTRY_BYTES * view.getUint16(at, isLittle);
  for (let entry = at + 2; entry < end && entry + ENTRY_BYTES <= view.byteLength;) {
    const id = view.getUint16(entry, isLittle);
    const kind = view.getUint16(entry + 2, isLittle);
    const length = view.getUint32(entry + 4, isLittle) * (kind === KIND.long ? 4 : 1);
    const start = length <= 4 ? entry + 8 : view.getUint32(entry + 8, isLittle);
    if (Object.values(KIND).includes(kind) && start + length <= view.byteLength) {
      values.set(id, { kind, bytes: new Uint8Array(view.buffer, view.byteOffset + start, length) });
    }
    entry += ENTRY_BYTES;
  }
  return values;
}

/** `null`: it is none. */
function numberOf(bytes: Uint8Array, isLittle: boolean): number | null {
  if (bytes.length !== 4) return null;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, isLittle);
}

function textOf({ kind, bytes }: Value): string {
  if (kind === KIND.byte || kind === KIND.bytes) return decodeComment(bytes);
  // Texts with a zero behind each, by the standard in ASCII.
  return decodeUtf8(bytes).split("\0").filter((text) => text !== "").join(", ");
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}

/** EXIF's UserComment: eight bytes name the encoding. */
function decodeComment(bytes: Uint8Array): string {
  const name = new TextDecoder("latin1").decode(bytes.subarray(0, 8));
  const rest = bytes.subarray(8);
  if (name.startsWith("UNICODE")) return decodeUtf16(rest);
  const isNamed = name.startsWith("ASCII\0") || name === "\0".repeat(8);
  return new TextDecoder().decode(isNamed ? rest : bytes).replace(/\0+$/, "");
}

/** In either order: most of such texts is ASCII, so that the half that is zero tells. */
function decodeUtf16(bytes: Uint8Array): string {
  const zeros = [0, 0];
  bytes.forEach((byte, at) => {
    if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  return new TextDecoder(even > odd ? "utf-16be" : "utf-16le").decode(bytes).replace(/\0+$/, "");
}
