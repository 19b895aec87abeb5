/** Passwords typed at a terminal, which is played here by a source that hands out bytes. */
import { assertEquals, assertRejects } from "@std/assert";
import { readSecretLine } from "../../src/system/secret_line.ts";
import type { ByteSource } from "../../src/system/system_keyboard.ts";

interface Played {
  readonly source: ByteSource;
  /** Whether what is typed was hidden, time after time. */
  readonly hidden: readonly boolean[];
}

/** A terminal at which pieces are typed, and then nothing more, or its end. */
function terminal(pieces: readonly string[], { ends = true } = {}): Played {
  const left = pieces.map((piece) => new TextEncoder().encode(piece));
  const hidden: boolean[] = [];
  return {
    hidden,
    source: {
      isTerminal: () => true,
      setRaw: (mode) => void hidden.push(mode),
      read: (buffer) => {
        const piece = left.shift();
        if (piece === undefined) return ends ? Promise.resolve(null) : new Promise(() => {});
        buffer.set(piece);
        return Promise.resolve(piece.length);
      },
    },
  };
}

function readFrom(
  { source }: Played,
  signal = new AbortController().signal,
): Promise<string | null> {
  return readSecretLine(source, { prompt: () => Promise.resolve(), signal, longest: 20 });
}

const TYPED: readonly (readonly [what: string, pieces: readonly string[], read: string | null])[] =
  [
    ["a line", ["pass", "word\n"], "password"],
    ["a line of Windows", ["password\r"], "password"],
    ["Backspace", ["passs\x7fw\b\x7fsword\n"], "password"],
    ["Backspace where nothing is", ["\x7f\x7fa\n"], "a"],
    ["Ctrl-U", ["wrong\x15right\n"], "right"],
    ["keys that are no characters", ["pa\x1b[D\x1b[1;5C\x1bOHss\t\n"], "pass"],
    ["characters beyond ASCII", ["pässwörd 🔑x\x7f\n"], "pässwörd 🔑"],
    ["Ctrl-D at once", ["\x04"], null],
    ["Ctrl-D later", ["pass\x04word\n"], "password"],
    ["an end", [], null],
    ["an end after something", ["pass"], "pass"],
    ["more than a password has", ["0123456789".repeat(3), "\n"], "01234567890123456789"],
  ];

for (const [what, pieces, read] of TYPED) {
  Deno.test(`readSecretLine() reads ${what}, and shows what is typed again`, async () => {
    const played = terminal(pieces);
    assertEquals(await readFrom(played), read);
    assertEquals(played.hidden, [true, false]);
  });
}

Deno.test("readSecretLine() puts the terminal back when it is interrupted", async () => {
  const controller = new AbortController();
  const played = terminal(["pass"], { ends: false });
  const reading = readFrom(played, controller.signal);
  controller.abort(new Error("Ctrl-C"));
  await assertRejects(() => reading, Error, "Ctrl-C");
  assertEquals(played.hidden, [true, false]);
  // Where Ctrl-C is no signal, it comes as a key.
  const windows = terminal(["pass\x03"], { ends: false });
  await assertRejects(() => readFrom(windows), Error, "Interrupted by Ctrl-C");
  assertEquals(windows.hidden, [true, false]);
});

Deno.test("readSecretLine() does not hide anything after the end was asked for", async () => {
  const played = terminal(["pass\n"]);
  await assertRejects(() => readFrom(played, AbortSignal.abort(new Error("over"))), Error, "over");
  assertEquals(played.hidden, []);
});
