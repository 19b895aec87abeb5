/** Reading a connection as a protocol needs it: so many bytes, or a part that ends with a mark. */

/** Bytes asked for at once. */
const PIECE_BYTES = 16 * 1024;

/** The bytes of a connection, in order. */
export class IncomingBytes {
  readonly #conn: Deno.Conn;
  #buffer = new Uint8Array(PIECE_BYTES);
  /** What has come and was not taken. */
  #unread = this.#buffer.subarray(0, 0);

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Exactly so many bytes; `null` if the stream ends before. */
  async take(length: number): Promise<Uint8Array | null> {
    const taken = new Uint8Array(length);
    const early = this.#unread.subarray(0, length);
    taken.set(early);
    this.#unread = this.#unread.subarray(early.length);
    let at = early.length;
    while (at < length) {
      const count = await this.#conn.read(taken.subarray(at));
      if (count === null) return null;
      at += count;
    }
    return taken;
  }

  /** Whatever comes next, so many bytes at the most; `null` if the stream has ended. */
  async piece(maxLength = Infinity): Promise<Uint8Array | null> {
    if (this.#unread.length === 0 && !await this.#more()) return null;
    const piece = this.#unread.slice(0, maxLength);
    this.#unread = this.#unread.subarray(piece.length);
    return piece;
  }

  /**
   * The text before a mark, which is taken too; one byte is one character.
   *
   * @returns `null` if the stream ends before, or more than `maxBytes` come without it.
   */
  async upTo(mark: string, maxBytes: number): Promise<string | null> {
    for (;;) {
      const text = latin1(this.#unread);
      const end = text.indexOf(mark);
      if (end >= 0) {
        this.#unread = this.#unread.subarray(end + mark.length);
        return text.slice(0, end);
      }
      if (text.length > maxBytes || !await this.#more()) return null;
    }
  }

  async #more(): Promise<boolean> {
    const { length } = this.#unread;
    if (this.#unread.byteOffset + length === this.#buffer.length) {
      // At its end: what is unread moves to the front of a buffer that has room behind it.
      const roomy = new Uint8Array(Math.max(PIECE_BYTES, 2 * length));
      roomy.set(this.#unread);
      this.#buffer = roomy;
      this.#unread = roomy.subarray(0, length);
    }
    const start = this.#unread.byteOffset;
    const count = await this.#conn.read(this.#buffer.subarray(start + length));
    if (count === null) return false;
    this.#unread = this.#buffer.subarray(start, start + length + count);
    return true;
  }
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
