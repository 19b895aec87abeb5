import { assert, assertEquals } from "@std/assert";
import { readBounded, readText } from "../../../src/swarm/http/limits.ts";

/** A body without a length, in pieces; says whether the rest of it was cancelled. */
function bodyOf(pieces: readonly Uint8Array<ArrayBuffer>[]): {
  readonly body: ReadableStream<Uint8Array>;
  readonly isCancelled: () => boolean;
} {
  let at = 0;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller): void {
      const piece = pieces[at++];
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
    cancel(): void {
      isCancelled = true;
    },
  }, { highWaterMark: 0 });
  return { body, isCancelled: () => isCancelled };
}

Deno.test("readBounded() takes little more room than the bytes, however small their pieces", async () => {
  const drops = Array.from({ length: 100_000 }, (_, at) => Uint8Array.of(at % 251));
  const read = await readBounded(bodyOf(drops).body, 1_000_000);
  assertEquals(read, new Uint8Array(100_000).map((_, at) => at % 251));
  assert(read !== null && read.buffer.byteLength <= 200_000);
  const exact = await readBounded(bodyOf(drops).body, 100_000);
  assertEquals(exact?.buffer.byteLength, 100_000);
});

Deno.test("readBounded() reads up to its limit, and cancels what is longer", async () => {
  const pieces = [Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3), Uint8Array.of(4)];
  for (const [maxBytes, read] of [[4, Uint8Array.of(1, 2, 3, 4)], [3, null], [0, null]] as const) {
    const { body, isCancelled } = bodyOf(pieces);
    assertEquals(await readBounded(body, maxBytes), read);
    assertEquals(isCancelled(), read === null);
  }
  assertEquals(await readBounded(null, 0), new Uint8Array(0));
});

Deno.test("readBounded() leaves the pieces as they were", async () => {
  const pieces = [new Uint8Array(8).fill(1).subarray(0, 2), Uint8Array.of(2, 2)];
  assertEquals(await readBounded(bodyOf(pieces).body, 100), Uint8Array.of(1, 1, 2, 2));
  assertEquals(pieces, [Uint8Array.of(1, 1), Uint8Array.of(2, 2)]);
});

Deno.test("readText() does not believe the length of what is compressed", async () => {
  const text = "x".repeat(1000);
  for (const [maxBytes, isRead] of [[1000, true], [999, false]] as const) {
    const headers = { "content-encoding": "gzip", "content-length": "29" };
    const read = await readText(new Response(text, { headers }), maxBytes);
    assertEquals(read?.length, isRead ? 1000 : undefined);
  }
});
