/**
 * Reads a password from a terminal without showing it.
 *
 * `promptSecret` of `@std/cli` waits for each key in a call that blocks the process: a signal would
 * not be noticed until the next key, because this tool listens for signals, and nothing would
 * restore the terminal after Ctrl-Z.
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
 * Reads a line. Afterwards, and while the process is stopped, the terminal is as it was, unless the
 * process is killed. Backspace and Ctrl-U work; keys that are not characters do nothing.
 *
 * @param how.prompt Shown before the input, and again when a stopped process continues.
 * @param how.longest Further characters are ignored.
 * @returns `null` if the input ends before anything was typed (Ctrl-D).
 * @throws The reason of the signal; an `AppError` if Ctrl-C arrives as a key.
 */
export async function readSecretLine(source: ByteSource, how: {
  readonly prompt: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly longest: number;
}): Promise<string | null> {
  const { prompt, signal, longest } = how;
  // In cbreak mode, Ctrl-C and Ctrl-Z are still signals; Windows has no such mode.
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

/** Single characters, without the sequences of arrow keys and the like. */
function keysOf(text: string): readonly string[] {
  return [
    ...text.replace(
      /\p{Cc}(?:\[[\d;]*[A-Za-z~]|O[A-Za-z])/gu,
      (keys) => keys.startsWith(ESCAPE) ? "" : keys,
    ),
  ];
}
