/** Reads the size of a picture from its first bytes. Pure. */

/** How many bytes are enough. A JPEG may have its size behind its metadata; then they are not. */
export const PICTURE_SIZE_BYTES = 32;

/** Width and height in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The size of a PNG, GIF or WebP; `null` for all other files, and if the bytes are not enough.
 *
 * @param head The first bytes, `PICTURE_SIZE_BYTES` or the whole file if it is shorter.
 */
export function pictureSizeOf(head: Uint8Array): PictureSize | null {
  const size = sizeIn(head);
  return size !== null && size.width > 0 && size.height > 0 ? size : null;
}

function sizeIn(head: Uint8Array): PictureSize | null {
  if (head.length < PICTURE_SIZE_BYTES) return null;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isAt = (at: number, text: string): boolean =>
    [...text].every((char, index) => head[at + index] === char.charCodeAt(0));
  if (isAt(0, "\x89PNG") && isAt(12, "IHDR")) {
    return { width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (isAt(0, "GIF8")) return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  if (!isAt(0, "RIFF") || !isAt(8, "WEBP")) return null;
  if (isAt(12, "VP8X")) {
    const whole = (at: number): number => view.getUint32(at, true) & 0xff_ff_ff;
    return { width: whole(24) + 1, height: whole(27) + 1 };
  }
  if (isAt(12, "VP8L")) {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: (bits >>> 14 & 0x3fff) + 1 };
  }
  return isAt(12, "VP8 ")
    ? { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
    : null;
}
