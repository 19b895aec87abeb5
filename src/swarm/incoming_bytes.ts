/** Reading a connection as a protocol needs it: so many bytes, or a part that ends with a mark. */

/** Bytes asked for at once. */
const PIECE_BYTES = 16 * 1024;

/** The bytes of a connection, in order. */
export class IncomingBytes {
  readonly #conn: Pick<Deno.Conn, "read">;
  #buffer = new Uint8Array(PIECE_BYTES);
  /** What has come and was not taken. */
  #unread = this.#buffer.subarray(0, 0);
  #hasEnded = false;

  constructor(conn: Pick<Deno.Conn, "read">) {
    this.#conn = conn;
  }

  /** Whether a search or a piece met the end of the stream. */
  get hasEnded(): boolean {
    return this.#hasEnded;
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
   * @returns `null` if the stream ends before (see `hasEnded`), or more than `maxBytes` come first.
   */
  async upTo(mark: string, maxBytes: number): Promise<string | null> {
    const bytes = new TextEncoder().encode(mark);
    let searched = 0;
    for (;;) {
      const end = indexOf(this.#unread, { mark: bytes, from: searched });
      if (end >= 0 && end <= maxBytes) {
        const text = latin1(this.#unread.subarray(0, end));
        this.#unread = this.#unread.subarray(end + bytes.length);
        return text;
      }
      // The mark's own first bytes may be the last that came.
      if (end >= 0 || this.#unread.length >= maxBytes + bytes.length) return null;
      searched = Math.max(0, this.#unread.length - bytes.length + 1);
      if (!await this.#more()) return null;
    }
  }

  /**
   * Says whether the next bytes are these, or the stream ends before one differs; nothing is taken. It
   * says no at the first byte that differs, without waiting for more.
   */
  async startsWith(text: string): Promise<boolean> {
    for (;;) {
      const start = latin1(this.#unread.subarray(0, text.length));
      if (!text.startsWith(start)) return false;
      if (start === text || !await this.#more()) return true;
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
    if (count === null) {
      this.#hasEnded = true;
      return false;
    }
    this.#unread = this.#buffer.subarray(start, start + length + count);
    return true;
  }
}

/** Where a mark begins, searched from an index on; -1 if nowhere. */
function indexOf(
  bytes: Uint8Array,
  { mark, from }: { readonly mark: Uint8Array; readonly from: number },
): number {
  const [first = 0] = mark;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (at + mark.length > bytes.length) return -1;
    if (mark.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

/** Not by a `TextDecoder`: its "latin1" is windows-1252, which has other characters than bytes. */
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
