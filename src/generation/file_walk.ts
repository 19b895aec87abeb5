/** A way through a file, step by step, to where it ends: what it asks for and what it finds. Pure. */

/**
 * What the bytes say. `cut`: the file breaks off. `damaged`: it is not what its first bytes say.
 * `unknown`: its kind has no end that could be seen.
 */
export type Wholeness = "whole" | "cut" | "damaged" | "unknown";

/** What a walk wants next: bytes to look at, bytes to pass over, or the byte after the next 0xFF. */
export type Want =
  /** `atEnd`: what is known if the file ends before these bytes. @default {"cut"} */
  | { readonly take: number; readonly atEnd?: Wholeness }
  | { readonly skip: number }
  | "marker";

/** A way through a file; it ends where the file's end is found, or where none can be. */
export type Walk = Generator<Want, Exclude<Wholeness, "cut">, Uint8Array<ArrayBuffer>>;

/** The first of some bytes. */
export function byteOf(bytes: Uint8Array): number {
  return bytes[0] ?? 0;
}

/** Bytes as characters of Latin-1. */
export function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** An unsigned number, its highest byte first. */
export function numberOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** An unsigned number, its lowest byte first. */
export function littleNumberOf(bytes: Uint8Array): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
}
