/** Frames of the WebSocket protocol as a client sends and reads them (RFC 6455 §5). */

/** The kinds of frames. */
export const Opcode = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** A frame without its wrapping. */
export interface Frame {
  readonly opcode: number;
  /** Whether its message ends with it. */
  readonly isLast: boolean;
  readonly payload: Uint8Array;
}

/** Bytes as they are needed. */
export interface ByteSource {
  /** Exactly so many bytes; `null` if the stream ends before. */
  take(length: number): Promise<Uint8Array | null>;
}

/** A frame for the server: whole and masked, as a client's must be. */
export function encodeFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const frame = new Uint8Array(2 + lengthBytes + 4 + length);
  const view = new DataView(frame.buffer);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) view.setUint16(2, length);
  if (lengthBytes === 8) view.setBigUint64(2, BigInt(length));
  const mask = crypto.getRandomValues(new Uint8Array(4));
  frame.set(mask, 2 + lengthBytes);
  const start = 6 + lengthBytes;
  for (let i = 0; i < length; i++) {
    frame[start + i] = (payload[i] ?? 0) ^ (mask[i % 4] ?? 0);
  }
  return frame;
}

/** A goodbye without fault (code 1000). */
export function closeFrame(): Uint8Array {
  return encodeFrame(Opcode.close, new Uint8Array([0x03, 0xe8]));
}

/**
 * Reads a server's frame.
 *
 * @param maxBytes The longest payload that is read.
 * @returns What is wrong, as text, if it is no frame that may come.
 */
export async function readFrame(source: ByteSource, maxBytes: number): Promise<Frame | string> {
  const ended = "the connection ended";
  const head = await source.take(2);
  if (head === null) return ended;
  const [first = 0, second = 0] = head;
  const opcode = first & 0x0f;
  const isControl = opcode >= Opcode.close;
  const isLast = (first & 0x80) !== 0;
  if ((first & 0x70) !== 0 || (second & 0x80) !== 0 || !isKnown(opcode)) {
    return "a frame is not one of a WebSocket server";
  }
  let length = second & 0x7f;
  if (isControl && (length > 125 || !isLast)) return "a control frame is too long";
  if (length >= 126) {
    const more = await source.take(length === 126 ? 2 : 8);
    if (more === null) return ended;
    length = more.reduce((sum, byte) => sum * 256 + byte, 0);
  }
  if (length > maxBytes && !isControl) return `a message is longer than is read at most`;
  const payload = await source.take(length);
  return payload === null ? ended : { opcode, isLast, payload };
}

function isKnown(opcode: number): boolean {
  return Object.values<number>(Opcode).includes(opcode);
}
