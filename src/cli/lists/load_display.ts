import { fittedLine } from "../../render/lists/list_table.ts";
import { formatDuration } from "../../render/text.ts";
import type { CommandContext } from "../context.ts";

const SECOND_MS = 1_000;

/**
 * Shows on stderr that a model is being loaded: a line with the elapsed time, redrawn each second,
 * or one line if nothing can be redrawn. The server gives no percentage (`swarmui-protocol.md
 * §20.9`).
 */
export async function showLoading<T>(
  name: string,
  loading: Promise<T>,
  { clock, messages, terminal }: Pick<CommandContext, "clock" | "messages" | "terminal">,
): Promise<T> {
  const over = new AbortController();
  const isRedrawn = terminal.isErrTerminal && !terminal.isDumb;
  const startedMs = clock.monotonicMs();
  async function redraw(): Promise<void> {
    while (!over.signal.aborted) {
      const passed = formatDuration(clock.monotonicMs() - startedMs);
      const line = fittedLine(`${passed}: loading ${name}`, terminal.columns() - 1);
      await terminal.err(`\r\x1b[2K${line}`);
      await clock.sleep(SECOND_MS, over.signal);
    }
    await terminal.err("\r\x1b[2K");
  }
  const shown = messages.verbosity === "quiet"
    ? undefined
    : isRedrawn
    ? redraw()
    : messages.note(`Loading ${name}`);
  try {
    return await loading;
  } finally {
    over.abort();
    await shown;
  }
}
