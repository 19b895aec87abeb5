import { assertEquals } from "@std/assert";
import { GatheredBytes } from "../../src/swarm/bounded_body.ts";

Deno.test("GatheredBytes takes little more room than the bytes, however small their pieces", () => {
  const gathered = new GatheredBytes(100_000);
  let roomiest = 0;
  for (let at = 0; at < 100_000; at++) {
    assertEquals(gathered.add(Uint8Array.of(at % 251)), true);
    roomiest = Math.max(roomiest, gathered.bytes.buffer.byteLength / (at + 1));
  }
  assertEquals(roomiest <= 2, true, `${roomiest}`);
  assertEquals(gathered.bytes, new Uint8Array(100_000).map((_, at) => at % 251));
  assertEquals(gathered.bytes.buffer.byteLength, 100_000);
  assertEquals(gathered.add(Uint8Array.of(1)), false);
  assertEquals(gathered.bytes.length, 100_000);
});

Deno.test("GatheredBytes takes up to its limit in one piece, and none that is longer", () => {
  const gathered = new GatheredBytes(3);
  assertEquals([gathered.add(new Uint8Array(4)), gathered.bytes.length], [false, 0]);
  assertEquals([gathered.add(new Uint8Array(0)), gathered.bytes.length], [true, 0]);
  assertEquals([gathered.add(Uint8Array.of(1, 2, 3)), gathered.bytes.length], [true, 3]);
});

Deno.test("GatheredBytes leaves a piece as it was that it began with", () => {
  const first = new Uint8Array(8).fill(1);
  const gathered = new GatheredBytes(100);
  gathered.add(first.subarray(0, 2));
  gathered.add(Uint8Array.of(2, 2));
  assertEquals(first, new Uint8Array(8).fill(1));
  assertEquals(gathered.bytes, Uint8Array.of(1, 1, 2, 2));
});
