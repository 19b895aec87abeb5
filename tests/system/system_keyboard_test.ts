import { assertEquals } from "@std/assert";
import { SystemKeyboard } from "../../src/system/system_keyboard.ts";

/** A keyboard on which these pieces are typed. */
function typing(...pieces: readonly string[]): SystemKeyboard {
  const left = pieces.map((piece) => new TextEncoder().encode(piece));
  return new SystemKeyboard({
    read: (buffer) => {
      const piece = left.shift();
      if (piece === undefined) return Promise.resolve(null);
      if (piece.length > buffer.length) left.unshift(piece.subarray(buffer.length));
      buffer.set(piece.subarray(0, buffer.length));
      return Promise.resolve(Math.min(piece.length, buffer.length));
    },
    isTerminal: () => true,
    setRaw: () => {},
  });
}

Deno.test("readLine() reads to the end of the line, however it is typed", async () => {
  assertEquals(await typing("yes\n").readLine(), "yes");
  assertEquals(await typing("y", "e", "s\r\n").readLine(), "yes");
  assertEquals(await typing("n\nyes\n").readLine(), "n");
  assertEquals(await typing("\n").readLine(), "");
  assertEquals(await typing("yes").readLine(), "yes");
});

Deno.test("readLine() reports the end of the input", async () => {
  assertEquals(await typing().readLine(), null);
});

Deno.test("readLine() reads no more than a line can be", async () => {
  const endless = new SystemKeyboard({
    read: (buffer) => Promise.resolve(buffer.fill(0x79).length),
    isTerminal: () => false,
    setRaw: () => {},
  });
  assertEquals(await endless.readLine(), "y".repeat(1_000));
  assertEquals(endless.isTerminal, false);
});
