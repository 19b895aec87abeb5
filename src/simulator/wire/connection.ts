/**
 * A connection in bytes: it is read in the pieces that a protocol needs, and each write is
 * complete.
 */

const CHUNK_BYTES = 16_384;

/** The ways in which a connection can end, depending on the system and the moment. */
const ENDS = [
  Deno.errors.BadResource,
  Deno.errors.BrokenPipe,
  Deno.errors.ConnectionAborted,
  Deno.errors.ConnectionReset,
  Deno.errors.Interrupted,
  Deno.errors.NotConnected,
  Deno.errors.UnexpectedEof,
];

/** An open connection. Bytes that are read too early are kept; reads return `null` at its end. */
export class Connection {
  readonly #connection: Deno.Conn;
  readonly #closed = Promise.withResolvers<void>();
  #buffer: Uint8Array = new Uint8Array(0);

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** Resolves when this side has ended it. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /**
   * Reads up to and including a mark, as Latin-1.
   *
   * @param maxBytes If the mark is not within this many bytes, the connection counts as ended.
   */
  async readThrough(mark: string, maxBytes: number): Promise<string | null> {
    while (true) {
      const at = latin1(this.#buffer).indexOf(mark);
      if (at >= 0) return latin1(this.#take(at + mark.length));
      if (this.#buffer.length > maxBytes) return null;
      const chunk = new Uint8Array(CHUNK_BYTES);
      const count = await this.#read(chunk);
      if (count === null) return null;
      this.#buffer = joined([this.#buffer, chunk.subarray(0, count)]);
    }
  }

  /** Reads exactly this many bytes. */
  async readExactly(length: number): Promise<Uint8Array | null> {
    if (this.#buffer.length >= length) return this.#take(length);
    const bytes = new Uint8Array(length);
    let filled = this.#buffer.length;
    bytes.set(this.#take(filled));
    while (filled < length) {
      const count = await this.#read(bytes.subarray(filled));
      if (count === null) return null;
      filled += count;
    }
    return bytes;
  }

  /** Writes everything; false if the other side is gone. */
  async write(bytes: Uint8Array): Promise<boolean> {
    let rest = bytes;
    while (rest.length > 0) {
      const count = await unlessEnded(() => this.#connection.write(rest));
      if (count === null) return false;
      rest = rest.subarray(count);
    }
    return true;
  }

  /** Ends it at once. */
  close(): void {
    unlessEnded(async () => await this.#connection.close());
    this.#closed.resolve();
  }

  #read(into: Uint8Array): Promise<number | null> {
    return unlessEnded(() => this.#connection.read(into));
  }

  #take(length: number): Uint8Array {
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }
}

/** Joins pieces into one. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Does something with a connection or a listener; `null` if that has ended. */
export async function unlessEnded<T>(action: () => Promise<T>): Promise<T | null> {
  try {
    return await action();
  } catch (error) {
    if (ENDS.some((End) => error instanceof End)) return null;
    throw error;
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
