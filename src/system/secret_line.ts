/**
 * Reading a password from a terminal, which does not show it.
 *
 * `promptSecret` of `@std/cli` waits for each key in a call that blocks the process: a signal that is
 * listened for, as all are here, would not be heard until the next key, and nothing would put the
 * terminal back after Ctrl-Z.
 */
import { AppError } from "../errors.ts";
import { untilAborted } from "../generation/until_aborted.ts";
import { listenForStop } from "./stop_signal.ts";
import type { ByteSource } from "./system_keyboard.ts";

const INTERRUPT = "\x03";
const ESCAPE = "\x1b";
const END = "\x04";
const DELETE_ALL = "\x15";
const BACKSPACES: readonly string[] = ["\b", "\x7f"];

/**
 * Reads a line. The terminal is as before afterwards, whatever happens but a kill, and while the process
 * is stopped. Backspace and Ctrl-U work; other keys than those of characters do nothing.
 *
 * @param how.prompt Is shown before, and again when the process goes on.
 * @param how.longest What is typed beyond so many characters is ignored.
 * @returns `null` if the input ends before anything was typed (Ctrl-D).
 * @throws The reason of the signal; an `AppError` if Ctrl-C comes as a key.
 */
export async function readSecretLine(source: ByteSource, how: {
  readonly prompt: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly longest: number;
}): Promise<string | null> {
  const { prompt, signal, longest } = how;
  // With cbreak Ctrl-C and Ctrl-Z are signals still; Windows has no such thing.
  const hide = (): void => source.setRaw(true, { cbreak: Deno.build.os !== "windows" });
  const show = (): void => source.setRaw(false);
  signal.throwIfAborted();
  hide();
  try {
    using _stops = listenForStop({
      before: () => Promise.try(show),
      after: async () => {
        hide();
        await prompt();
      },
    });
    await prompt();
    return await readKeys(source, { signal, longest });
  } finally {
    show();
  }
}

async function readKeys(source: ByteSource, { signal, longest }: {
  readonly signal: AbortSignal;
  readonly longest: number;
}): Promise<string | null> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(256);
  let typed: readonly string[] = [];
  for (;;) {
    const size = await untilAborted(source.read(buffer), signal);
    signal.throwIfAborted();
    if (size === null) return typed.length === 0 ? null : typed.join("");
    for (const key of keysOf(decoder.decode(buffer.subarray(0, size), { stream: true }))) {
      if (key === "\r" || key === "\n") return typed.join("");
      if (key === INTERRUPT) throw new AppError("interrupted", "Interrupted by Ctrl-C");
      if (key === END && typed.length === 0) return null;
      if (key === DELETE_ALL) typed = [];
      else if (BACKSPACES.includes(key)) typed = typed.slice(0, -1);
      else if (!/\p{Cc}/u.test(key) && typed.length < longest) typed = [...typed, key];
    }
  }
}

/** Single characters; what arrow keys and their like send is left out. */
function keysOf(text: string): readonly string[] {
  return [
    ...text.replace(
      /\p{Cc}(?:\[[\d;]*[A-Za-z~]|O[A-Za-z])/gu,
      (keys) => keys.startsWith(ESCAPE) ? "" : keys,
    ),
  ];
}
