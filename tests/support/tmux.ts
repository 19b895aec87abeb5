/** A real terminal for tests: a separate tmux without anybody's configuration. */
import { hasCommand } from "./shell.ts";
import { waitFor } from "./wait_for.ts";

/** Whether this machine has tmux, as `hasCommand()` says. */
export function hasTmux(): boolean {
  return hasCommand("tmux", "-V");
}

/** A terminal with a program in it; disposing ends both. */
export interface TmuxTerminal extends AsyncDisposable {
  /** What is on the screen now. */
  screen(): Promise<string>;
  /**
   * Waits until the screen shows all of some texts, and returns the screen. It may be read while it
   * is being drawn, so everything that is checked afterwards must be among the texts.
   *
   * @param options.not A text that must no longer be shown.
   */
  until(
    texts: string | readonly string[],
    options?: { readonly not?: string },
  ): Promise<string>;
  /** Presses a key, such as `C-c`. */
  press(key: string): Promise<void>;
  /** Types something. */
  write(text: string): Promise<void>;
  /** Types a line and presses Enter. */
  type(line: string): Promise<void>;
  /** Whether the cursor is shown. */
  hasCursor(): Promise<boolean>;
  resize(size: { readonly columns: number; readonly rows: number }): Promise<void>;
}

/**
 * Opens a terminal of 80 × 24.
 *
 * @param script Run by `sh`; the terminal lives as long as it does.
 * @param options.directory An empty one of the test.
 */
export async function openTmux(script: string, options: {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<TmuxTerminal> {
  const { directory, env } = options;

  async function tmux(...args: readonly string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-S", `${directory}/tmux`, "-f", "/dev/null", ...args],
      cwd: directory,
      env: { ...env, TERM: "screen-256color", LC_ALL: "C.UTF-8" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`tmux ${args[0]} failed: ${decoder.decode(stderr)}`);
    return decoder.decode(stdout);
  }

  const screen = (): Promise<string> => tmux("capture-pane", "-p");
  await Deno.writeTextFile(`${directory}/script.sh`, script);
  await tmux("new-session", "-d", "-x", "80", "-y", "24", `sh ${directory}/script.sh`);
  return {
    screen,
    async until(texts, { not } = {}): Promise<string> {
      const wanted = typeof texts === "string" ? [texts] : texts;
      return await waitFor(async () => {
        const shown = await screen();
        if (not !== undefined && shown.includes(not)) return null;
        return wanted.every((text) => shown.includes(text)) ? shown : null;
      }, { what: `"${wanted.join('", "')}" on the screen`, intervalMs: 30 });
    },
    press: async (key) => void await tmux("send-keys", key),
    write: async (text) => void await tmux("send-keys", "-l", text),
    type: async (line) => {
      await tmux("send-keys", "-l", line);
      await tmux("send-keys", "Enter");
    },
    hasCursor: async () => (await tmux("display-message", "-p", "#{cursor_flag}")).trim() === "1",
    resize: async ({ columns, rows }) =>
      void await tmux("resize-window", "-x", String(columns), "-y", String(rows)),
    [Symbol.asyncDispose]: async () => void await tmux("kill-server").catch(() => {}),
  };
}
