/** A stream whose first bytes were read ahead. */
export interface ReadHead {
  /** As many bytes as were asked for, or all if there are fewer. */
  readonly head: Uint8Array;
  /** The whole stream, including those bytes. A reader that stops early must cancel it. */
  readonly body: ReadableStream<Uint8Array>;
}

/**
 * Reads the first bytes of a stream ahead, and takes the stream over.
 *
 * @throws What the stream fails with.
 */
export async function readHead(
  stream: ReadableStream<Uint8Array>,
  length: number,
): Promise<ReadHead> {
  const reader = stream.getReader();
  const head = new Uint8Array(length);
  const read: Uint8Array[] = [];
  let found = 0;
  while (found < length) {
    const { done, value } = await reader.read();
    if (done) break;
    head.set(value.subarray(0, length - found), found);
    found = Math.min(length, found + value.length);
    read.push(value);
  }
  const body = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      const piece = read.shift() ?? (await reader.read()).value;
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
    async cancel(reason): Promise<void> {
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  return { head: head.subarray(0, found), body };
}
