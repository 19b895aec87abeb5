/** Unpacks what zlib packed, with a limit that is looked at before much memory is taken. */

/** Packed bytes that are unpacked at a time: they become a thousand times as many at most. */
const SLICE_BYTES = 1024;

/**
 * Unpacks bytes. They are handed over in small slices, each when the one before has been taken, so
 * that no more than some MiB exist that nobody has counted.
 *
 * @param take Called with each count of unpacked bytes; `false` ends it.
 * @returns `null` if `take()` said no.
 * @throws {TypeError} If they were not packed by zlib.
 */
export async function unpack(
  packed: Uint8Array<ArrayBuffer>,
  take: (bytes: number) => boolean,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of slices(packed).pipeThrough(new DecompressionStream("deflate"))) {
    // Leaving the loop cancels the stream.
    if (!take(piece.length)) return null;
    pieces.push(piece);
  }
  return await new Blob(pieces).bytes();
}

function slices(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller): void {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + SLICE_BYTES));
      at += SLICE_BYTES;
    },
  }, { highWaterMark: 0 });
}
