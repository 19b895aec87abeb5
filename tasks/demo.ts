/**
 * Shows the main feature on the embedded simulator: one process generates, and another one sees it.
 * The pictures are in `demo-pictures/` of the working directory afterwards; nothing else is left,
 * and nothing runs on.
 *
 * Needs `--allow-run` of Deno itself, and `--allow-write=demo-pictures` to tidy up there.
 */
import { denoArguments, ownEnvironment } from "./shipped.ts";

const PICTURES = "demo-pictures";
const STATE = `${PICTURES}/.state`;

const GENERATE = [
  ...["generate", "image", "--prompt", "a lighthouse at dawn", "--model", "sdxl/base"],
  ...["--batch", "2", "--save-images", "--output-dir", PICTURES],
];
const STATUS = ["status", "--exit-code"];

/** Processes that this demo started and that have not ended. */
class Children {
  readonly #running = new Set<Deno.ChildProcess>();
  #isStopped = false;

  /** Starts the tool; without `url` it has no server. */
  start(args: readonly string[], options: {
    readonly stdout: "piped" | "inherit";
    readonly url?: string;
  }): Deno.ChildProcess {
    if (this.#isStopped) throw new Error("Cannot go on with the demo: it was stopped");
    const { stdout, url } = options;
    const child = new Deno.Command(Deno.execPath(), {
      args: [...denoArguments(args)],
      stdin: "null",
      stdout,
      stderr: stdout === "piped" ? "null" : "inherit",
      env: ownEnvironment(STATE, url),
    }).spawn();
    this.#running.add(child);
    void child.status.then(() => this.#running.delete(child));
    return child;
  }

  /** Ends all of them at once: nothing of theirs needs to be kept. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const running = [...this.#running];
    for (const child of running) kill(child);
    await Promise.all(running.map((child) => child.status));
  }
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It has ended in the meantime.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Shows a command line and runs it to its end. */
async function show(children: Children, args: readonly string[], url: string): Promise<number> {
  const words = args.map((arg) => arg.includes(" ") ? `"${arg}"` : arg);
  console.log(`\n$ asset-generator ${words.join(" ")}`);
  return (await children.start(args, { stdout: "inherit", url }).status).code;
}

/** Reads the address from the simulator's first line. */
async function startSimulator(children: Children): Promise<string> {
  // Slow enough for a busy machine to look while it generates.
  const args = ["simulate", "--port", "0", "--seconds-per-step", "0.2"];
  const simulator = children.start(args, { stdout: "piped" });
  let text = "";
  for await (const part of simulator.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.includes("\n")) break;
  }
  const url = /http:\S+/.exec(text)?.[0];
  if (url === undefined) throw new Error("Cannot start the simulator: it ended at once");
  console.log(`$ asset-generator ${args.join(" ")}\n${text.trim()}`);
  return url;
}

/** Waits until another process of the tool sees the running generation, or until `stop`. */
async function untilUnderWay(
  children: Children,
  { url, stop }: { readonly url: string; readonly stop: AbortSignal },
): Promise<void> {
  while (!stop.aborted) {
    const asking = children.start(["status", "--format", "json"], { stdout: "piped", url });
    const { code, stdout } = await asking.output();
    if (code !== 0) throw new Error(`Cannot wait for the generation: status ended with ${code}`);
    const report = JSON.parse(new TextDecoder().decode(stdout));
    if (report.active_generations?.[0]?.progress > 0.1) return;
  }
}

async function demonstrate(children: Children): Promise<number> {
  const url = await startSimulator(children);
  const ended = new AbortController();
  const generating = show(children, GENERATE, url).finally(() => ended.abort());
  await untilUnderWay(children, { url, stop: ended.signal });
  const during = ended.signal.aborted ? null : await show(children, STATUS, url);
  console.log("");
  const made = await generating;
  if (made !== 0) return made;
  const after = await show(children, STATUS, url);
  console.log(`\nThe pictures are in ${PICTURES}/`);
  // The codes of --exit-code: 8 busy, 0 idle.
  return during === 8 && after === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const children = new Children();
  const interrupted = new Promise<number>((resolve) => {
    Deno.addSignalListener("SIGINT", () => resolve(130));
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => resolve(143));
  });
  const demonstrated = demonstrate(children).catch(async (error) => {
    // Ctrl-C ends the children too, and they may be quicker than its listener.
    const soon = new Promise<null>((resolve) => setTimeout(resolve, 100, null));
    const code = await Promise.race([interrupted, soon]);
    if (code === null) throw error;
    return code;
  });
  try {
    return await Promise.race([demonstrated, interrupted]);
  } finally {
    await children.stop();
    await Deno.remove(STATE, { recursive: true }).catch(() => {});
  }
}

if (import.meta.main) Deno.exit(await main());
