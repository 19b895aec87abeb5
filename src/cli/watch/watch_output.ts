/** Where a watch shows what it saw last: a screen, text below text, or a line of JSON. */
import type { Verdict } from "../../detection/verdict.ts";
import { UsageError } from "../../errors.ts";
import { colorVerdict } from "../../render/status/status_text.ts";
import type { CommandContext } from "../context.ts";
import { LiveScreen } from "./live_screen.ts";

/** What was seen, in the forms in which it may be shown. */
export interface WatchPage {
  readonly verdict: Verdict;
  /** For a screen; its first line gets the verdict's colour, and lines that are too long are cut. */
  screen(size: { readonly rows: number; readonly columns: number }): string;
  /** To be written below what was written before. */
  text(): string;
  document(): unknown;
}

/** On a terminal pages are drawn in place, or with `TERM=dumb` written below each other. */
export class WatchOutput implements AsyncDisposable {
  readonly #context: CommandContext;
  /** `null`: nothing is drawn. */
  readonly #screen: LiveScreen | null;
  readonly #listeners: readonly Disposable[];
  /** Whether people read it; else each page is a line of JSON, or one value of it. */
  readonly isText: boolean;

  private constructor(context: CommandContext, parts: {
    readonly isText: boolean;
    readonly screen: LiveScreen | null;
    readonly listeners: readonly Disposable[];
  }) {
    this.#context = context;
    this.isText = parts.isText;
    this.#screen = parts.screen;
    this.#listeners = parts.listeners;
  }

  /** Opens it; a screen is taken only with the first page. */
  static async open(context: CommandContext): Promise<WatchOutput> {
    const { terminal, output, settings } = context;
    const isText = output.format === "table" && !output.wantsValue &&
      (terminal.isOutTerminal || settings.format.source !== "default");
    if (!isText || !terminal.isOutTerminal || terminal.isDumb) {
      return new WatchOutput(context, { isText, screen: null, listeners: [] });
    }
    const screen = new LiveScreen(terminal, context.broken);
    // If the terminal can no longer be written to, the next look finds out.
    const resize = terminal.onResize(() => void screen.redraw().catch(() => {}));
    const stop = await terminal.onStop({
      before: () => screen.suspend(),
      after: () => screen.resume(),
    });
    return new WatchOutput(context, { isText, screen, listeners: [stop, resize] });
  }

  /** Whether each page takes the place of the one before. */
  get isDrawn(): boolean {
    return this.#screen !== null;
  }

  /** @throws {UsageError} If the value of `--get` cannot be in any page. */
  async show(page: WatchPage): Promise<void> {
    const { terminal, output } = this.#context;
    if (this.#screen !== null) {
      return await this.#screen.show(
        (rows) => page.screen({ rows, columns: terminal.columns() }),
        (line, row) => row === 0 && output.isColored ? colorVerdict(line, page.verdict) : line,
      );
    }
    if (this.isText) return await terminal.out(await output.wrapped(page.text()));
    const problem = await output.writeNext(page.document());
    // All pages have the same fields: a missing one would stay missing.
    if (problem !== null) throw new UsageError(`Cannot use --get: ${problem}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listener of this.#listeners) listener[Symbol.dispose]();
    await this.#screen?.[Symbol.asyncDispose]();
  }
}
