/** Draws the pictures: simple, but real, and different for each seed. */
// By name: of what is imported as a whole the one file would hold the decoder too.
import { encode } from "fast-png";

/** What to draw. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly seed: bigint;
  /** Written into the text chunk `parameters`; `null` writes none. */
  readonly metadata: string | null;
}

/** No picture is drawn larger than this, whatever was requested, to save memory. */
const MAX_SIDE_PIXELS = 2_048;
const CELLS = 8;
const PALETTE_SIZE = 64;

/** Draws coloured cells in rings, depending on the seed: a PNG file. */
export function drawPicture(picture: Picture): Uint8Array {
  const width = side(picture.width);
  const height = side(picture.height);
  const cells = cellColours(picture.seed);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y * CELLS / height) * CELLS;
    for (let x = 0; x < width; x++) {
      data[y * width + x] = cells[row + Math.floor(x * CELLS / width)] ?? 0;
    }
  }
  const palette = paletteOf(picture.seed);
  const text = picture.metadata === null ? {} : { parameters: toAscii(picture.metadata) };
  return encode(
    { width, height, data, depth: 8, channels: 1, palette, text },
    { zlib: { level: 6 } },
  );
}

/** A small picture as a `data:` URL, for previews. */
export function drawPreview(seed: bigint): string {
  return toDataUrl(drawPicture({ width: 16, height: 16, seed, metadata: null }));
}

/** A PNG file as a `data:` URL. */
export function toDataUrl(png: Uint8Array): string {
  return `data:image/png;base64,${png.toBase64()}`;
}

function side(pixels: number): number {
  return Math.min(MAX_SIDE_PIXELS, Math.max(1, Math.floor(pixels) || 1));
}

function cellColours(seed: bigint): readonly number[] {
  const random = randomFrom(seed);
  return Array.from({ length: CELLS * CELLS }, (_, index) => {
    const fromMiddle = Math.hypot(index % CELLS - 3.5, Math.floor(index / CELLS) - 3.5);
    return Math.floor(fromMiddle * 9 + random() * 14) % PALETTE_SIZE;
  });
}

function paletteOf(seed: bigint): number[][] {
  const turn = randomFrom(seed ^ 0x5bd1n)() * 2 * Math.PI;
  return Array.from({ length: PALETTE_SIZE }, (_, index) =>
    [0, 2.1, 4.2].map((phase) => {
      const angle = turn + phase + index / PALETTE_SIZE * 4;
      return Math.round(127.5 + 110 * Math.sin(angle));
    }));
}

/**
 * A small generator of uniformly distributed numbers 0…1 (mulberry32): the same seed gives the same
 * picture.
 */
function randomFrom(seed: bigint): () => number {
  let state = Number(BigInt.asUintN(32, seed ^ (seed >> 32n)));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A text chunk holds only Latin-1, but JSON can be written in ASCII. */
function toAscii(json: string): string {
  const escaped = (unit: string): string =>
    `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return json.replaceAll(/[\u0080-\uffff]/g, escaped);
}
