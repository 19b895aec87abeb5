/** Picture files with texts in them, as programs write them; they show nothing. */
import { gzipSync } from "fflate";

/** Text as bytes of Latin-1. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (one) => one.charCodeAt(0));
}

/** Text as UTF-16. */
export function utf16(text: string, order: "le" | "be"): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * text.length));
  for (let at = 0; at < text.length; at++) {
    view.setUint16(2 * at, text.charCodeAt(at), order === "le");
  }
  return new Uint8Array(view.buffer);
}

/** The checksum of PNG and gzip, which ends with it and the length. */
function crc32(bytes: Uint8Array): number {
  const packed = gzipSync(bytes);
  return new DataView(packed.buffer, packed.byteOffset + packed.length - 8).getUint32(0, true);
}

/** Pieces one after another. */
export function joined(...pieces: readonly (Uint8Array | string)[]): Uint8Array {
  const bytes = pieces.map((piece) => typeof piece === "string" ? latin1(piece) : piece);
  const all = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of bytes) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** A PNG of 64×32 with chunks before its end. */
export function png(...chunks: readonly Uint8Array[]): Uint8Array {
  const head = joined(number(64, 4, "be"), number(32, 4, "be"), "\x08\x02\0\0\0");
  return joined("\x89PNG\r\n\x1a\n", chunk("IHDR", head), ...chunks, chunk("IEND", latin1("")));
}

/** A PNG chunk. */
export function chunk(type: string, data: Uint8Array): Uint8Array {
  const named = joined(type, data);
  return joined(number(data.length, 4, "be"), named, number(crc32(named), 4, "be"));
}

/** A text chunk of Latin-1, of UTF-8, or of packed Latin-1. */
export async function textChunk(
  kind: "tEXt" | "iTXt" | "zTXt",
  keyword: string,
  text: string,
): Promise<Uint8Array> {
  switch (kind) {
    case "tEXt":
      return chunk(kind, joined(`${keyword}\0`, latin1(text)));
    case "iTXt":
      return chunk(kind, joined(`${keyword}\0\0\0\0\0`, new TextEncoder().encode(text)));
    case "zTXt":
      return chunk(kind, joined(`${keyword}\0\0`, await packed(latin1(text))));
  }
}

/** EXIF with ASCII tags (`Make` 0x010f, `Model` 0x0110) and a UserComment. */
export function exif(
  { comment = null, tags = {} }: {
    readonly comment?: Uint8Array | null;
    readonly tags?: Readonly<Record<number, string>>;
  },
): Uint8Array {
  const ascii = Object.entries(tags).map(([id, text]) => ({ id: Number(id), data: `${text}\0` }));
  const count = ascii.length + (comment === null ? 0 : 1);
  let free = 8 + 2 + 12 * count + 4;
  const data: Uint8Array[] = [];
  const place = (bytes: Uint8Array): number => {
    const at = free;
    data.push(bytes);
    free += bytes.length;
    return at;
  };
  const entries = ascii.map(({ id, data }) =>
    entry(id, 2, data.length, place(latin1(data.padEnd(4, "\0"))))
  );
  if (comment !== null) {
    const start = free;
    const inner = joined(
      number(1, 2, "le"),
      entry(0x9286, 7, comment.length, start + 18),
      number(0, 4, "le"),
      comment,
    );
    entries.push(entry(0x8769, 4, 1, place(inner)));
  }
  return joined(
    "II*\0",
    number(8, 4, "le"),
    number(count, 2, "le"),
    ...entries,
    "\0\0\0\0",
    ...data,
  );
}

/** A JPEG of 64×32 with EXIF. */
export function jpeg(tiff: Uint8Array): Uint8Array {
  const app1 = joined("Exif\0\0", tiff);
  return joined(
    "\xff\xd8",
    joined("\xff\xe1", number(app1.length + 2, 2, "be"), app1),
    "\xff\xc0\0\x0b\x08\0\x20\0\x40\x01\x01\x11\0",
    "\xff\xda\0\x08\x01\x01\0\0\x3f\0",
    "\0\0\xff\xd9",
  );
}

/** A WebP of 64×32 with EXIF. */
export function webp(tiff: Uint8Array): Uint8Array {
  const body = joined(
    "WEBP",
    riffChunk("VP8X", joined("\x08\0\0\0", number(63, 3, "le"), number(31, 3, "le"))),
    riffChunk("EXIF", tiff),
  );
  return joined("RIFF", number(body.length, 4, "le"), body);
}

function riffChunk(type: string, data: Uint8Array): Uint8Array {
  return joined(type, number(data.length, 4, "le"), data, data.length % 2 === 0 ? "" : "\0");
}

function entry(id: number, type: number, count: number, value: number): Uint8Array {
  return joined(
    number(id, 2, "le"),
    number(type, 2, "le"),
    number(count, 4, "le"),
    number(value, 4, "le"),
  );
}

function number(value: number, size: number, order: "le" | "be"): Uint8Array {
  const bytes = Uint8Array.from({ length: size }, (_, at) => value >>> (8 * at) & 0xff);
  return order === "le" ? bytes : bytes.reverse();
}

/** Packed as zlib does it. */
export async function packed(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([new Uint8Array(bytes)]).stream()
    .pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
