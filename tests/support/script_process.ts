/** Real processes for tests: small scripts of this directory, run by this very Deno. */

/** A running script. */
export interface ScriptProcess extends AsyncDisposable {
  readonly pid: number;
  /** The next line of its standard output; `null` at its end. */
  nextLine(): Promise<string | null>;
  /** Writes a line to its standard input. */
  send(line: string): Promise<void>;
  /** Ends its standard input, which tells the scripts to end. */
  end(): Promise<void>;
  /** Sends a signal; has no effect on a process that has ended. */
  kill(signal: Deno.Signal): void;
  readonly status: Promise<Deno.CommandStatus>;
}

/**
 * Starts a script of `tests/support/`; it is killed when it is disposed. It may read and write in
 * one directory, and nothing else unless allowed, like the tool itself.
 *
 * @param name File name of the script.
 * @param options.directory The only directory that it may use.
 */
export function startScript(name: string, options: {
  readonly directory: string;
  readonly args: readonly string[];
  /** Deno's flags for further permissions. @default {[]} */
  readonly permissions?: readonly string[];
}): ScriptProcess {
  const { directory, args, permissions = [] } = options;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      `--allow-read=${directory}`,
      `--allow-write=${directory}`,
      ...permissions,
      new URL(name, import.meta.url).href,
      ...args,
    ],
    cwd: directory,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  return new RunningScript(child);
}

class RunningScript implements ScriptProcess {
  readonly #child: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #pending = "";
  #isInputOpen = true;
  #hasEnded = false;

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#input = child.stdin.getWriter();
    child.status.then(() => this.#hasEnded = true);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get status(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  async nextLine(): Promise<string | null> {
    while (!this.#pending.includes("\n")) {
      const { value, done } = await this.#output.read();
      if (done) return null;
      this.#pending += value;
    }
    const end = this.#pending.indexOf("\n");
    const line = this.#pending.slice(0, end);
    this.#pending = this.#pending.slice(end + 1);
    return line;
  }

  async send(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  async end(): Promise<void> {
    if (!this.#isInputOpen) return;
    this.#isInputOpen = false;
    // It may have ended or been killed, so that nobody reads.
    await this.#input.close().catch(() => {});
  }

  kill(signal: Deno.Signal): void {
    if (!this.#hasEnded) this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.end();
    await this.#output.cancel();
    await this.#child.status;
  }
}
