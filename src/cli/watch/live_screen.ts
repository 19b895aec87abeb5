/** A screen of text that is drawn again and again without flicker. */
import { cutText } from "../../cut_text.ts";
import type { Terminal } from "../terminal.ts";

/** The other screen, no cursor, and no line that goes on in the next: wide characters would. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** Draws on the terminal's other screen, so that what was there before comes back at the end. */
export class LiveScreen implements AsyncDisposable {
  readonly #terminal: Terminal;
  #draw: ((rows: number) => string) | null = null;
  #isEntered = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /**
   * Shows a text; each line is cut to the screen, and what does not fit below is left out.
   *
   * @param draw Makes the text for so many lines; called again when the size changes.
   */
  async show(draw: (rows: number) => string): Promise<void> {
    this.#draw = draw;
    await this.redraw();
  }

  /** Draws the last text again, e.g. in another size; nothing if there was none. */
  async redraw(): Promise<void> {
    if (this.#draw === null) return;
    const { columns, rows } = { columns: this.#terminal.columns(), rows: this.#terminal.rows() };
    const lines = this.#draw(rows).split("\n").slice(0, rows).map((line) =>
      // Cleared to its end only after it was written: nothing is blank in between.
      `${cutText(line, { most: columns, measure: (one) => [...one].length }).text}\x1b[K`
    );
    const enter = this.#isEntered ? "" : ENTER;
    this.#isEntered = true;
    await this.#terminal.out(`${enter}\x1b[H${lines.join("\r\n")}\x1b[J`);
  }

  /** Brings back what was there before. A terminal that has gone needs no such thing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#draw = null;
    if (!this.#isEntered) return;
    this.#isEntered = false;
    await this.#terminal.out(LEAVE).catch(() => {});
  }
}
