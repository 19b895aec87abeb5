/** Reading a connection's bytes in the pieces that a protocol asks for. */

const CHUNK_BYTES = 16_384;

/** Reads from a connection and keeps what came too early. All methods give `null` at its end. */
export class ByteReader {
  readonly #source: { read(into: Uint8Array): Promise<number | null> };
  #buffer: Uint8Array = new Uint8Array(0);

  /** @param source Where the bytes come from, e.g. a `Deno.Conn`. */
  constructor(source: { read(into: Uint8Array): Promise<number | null> }) {
    this.#source = source;
  }

  /**
   * Reads up to and including a CRLF-terminated pattern.
   *
   * @param end What ends the piece, in ASCII.
   * @param maxBytes If the end is not within so many bytes, the connection counts as over.
   */
  async readThrough(end: string, maxBytes: number): Promise<string | null> {
    const pattern = new TextEncoder().encode(end);
    let searched = 0;
    while (true) {
      const at = indexOf(this.#buffer, pattern, Math.max(0, searched - pattern.length));
      if (at >= 0) return latin1(this.#take(at + pattern.length));
      searched = this.#buffer.length;
      if (searched > maxBytes || !(await this.#fill())) return null;
    }
  }

  /** Reads exactly so many bytes. */
  async readExactly(length: number): Promise<Uint8Array | null> {
    if (this.#buffer.length >= length) return this.#take(length);
    const bytes = new Uint8Array(length);
    let filled = this.#buffer.length;
    bytes.set(this.#take(filled));
    while (filled < length) {
      const count = await this.#source.read(bytes.subarray(filled));
      if (count === null) return null;
      filled += count;
    }
    return bytes;
  }

  #take(length: number): Uint8Array {
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }

  async #fill(): Promise<boolean> {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const count = await this.#source.read(chunk);
    if (count === null) return false;
    const joined = new Uint8Array(this.#buffer.length + count);
    joined.set(this.#buffer);
    joined.set(chunk.subarray(0, count), this.#buffer.length);
    this.#buffer = joined;
    return true;
  }
}

function indexOf(bytes: Uint8Array, pattern: Uint8Array, from: number): number {
  for (let at = from; at + pattern.length <= bytes.length; at++) {
    if (pattern.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
