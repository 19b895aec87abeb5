/**
 * Reads a file step by step, to find where it ends: what such a reading asks for and what it finds.
 * Pure.
 */

/**
 * Whether a file is complete. `cut`: it breaks off. `damaged`: its content does not match its first
 * bytes. `unknown`: a file of this kind has no recognisable end.
 */
export type Wholeness = "whole" | "cut" | "damaged" | "unknown";

/**
 * What is needed next: bytes to look at, bytes to skip, or the byte after the next 0xFF that is
 * neither 0 nor 0xFF; `filled`: the last byte was such a 0xFF.
 */
export type Want =
  /** `atEnd`: the result if the file ends before these bytes. @default {"cut"} */
  | { readonly take: number; readonly atEnd?: Wholeness }
  | { readonly skip: number }
  | "marker"
  | "filled";

/** Reads a file up to its end, if the end can be recognised. */
export type Walk = Generator<Want, Exclude<Wholeness, "cut">, Uint8Array<ArrayBuffer>>;

/** The first of some bytes. */
export function byteOf(bytes: Uint8Array): number {
  return bytes[0] ?? 0;
}

/** Bytes as Latin-1 characters. */
export function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** An unsigned big-endian number. */
export function numberOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** An unsigned little-endian number. */
export function littleNumberOf(bytes: Uint8Array): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
}
