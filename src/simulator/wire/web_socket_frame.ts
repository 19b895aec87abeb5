/** The frames of RFC 6455, §5.2. */
import type { Connection } from "./connection.ts";

/** Kinds of frames. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame of the client, unmasked. */
export interface Frame {
  readonly opcode: number;
  /** The last one of its message. */
  readonly isLast: boolean;
  readonly payload: Uint8Array;
}

/** Makes an unmasked, unfragmented frame. */
export function encodeFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const length = payload.length;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = new Uint8Array(2 + lengthBytes + length);
  const view = new DataView(frame.buffer);
  frame[0] = 0x80 | opcode;
  frame[1] = lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127;
  if (lengthBytes === 2) view.setUint16(2, length);
  if (lengthBytes === 8) view.setBigUint64(2, BigInt(length));
  frame.set(payload, 2 + lengthBytes);
  return frame;
}

/**
 * Reads a frame.
 *
 * @param maxBytes A longer one counts as the end of the connection.
 * @returns `null` at the connection's end.
 */
export async function readFrame(connection: Connection, maxBytes: number): Promise<Frame | null> {
  const head = await connection.readExactly(2);
  if (head === null) return null;
  const [first = 0, second = 0] = head;
  const length = await readLength(connection, second & 0x7f);
  if (length === null || length > maxBytes) return null;
  const mask = (second & 0x80) === 0 ? new Uint8Array(4) : await connection.readExactly(4);
  const payload = await connection.readExactly(length);
  if (mask === null || payload === null) return null;
  return {
    opcode: first & 0x0f,
    isLast: (first & 0x80) !== 0,
    payload: payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)),
  };
}

async function readLength(connection: Connection, code: number): Promise<number | null> {
  if (code < 126) return code;
  const bytes = await connection.readExactly(code === 126 ? 2 : 8);
  return bytes?.reduce((length, byte) => length * 256 + byte, 0) ?? null;
}
