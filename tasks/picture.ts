/**
 * Draws the picture of a terminal at the top of the README from real output: one process generates
 * eight images on the embedded simulator, others ask and wait. Parts that differ from run to run
 * (address, id, times) are then replaced by fixed values.
 *
 * Needs `--allow-run` of Deno itself, `--allow-net=127.0.0.1`, and to write `docs/` and a temporary
 * directory.
 */
import { startSimulator } from "../src/simulator/simulator.ts";
import { PacedClock } from "./picture/paced_clock.ts";
import { terminalSvg } from "./picture/terminal_svg.ts";
import { denoArguments, ownEnvironment } from "./shipped.ts";

/** Where the picture is stored. */
export const PICTURE = new URL("../docs/terminal.svg", import.meta.url);

const TITLE =
  "A terminal: asset-generator status says Busy: 1 generation, image 2 of 8, and lists " +
  "the server, its backend and the generation; asset-generator wait returns when it is idle";

const GENERATE = [
  ...["generate", "image", "--prompt", "a lighthouse at dawn", "--model", "sdxl/base"],
  ...["--batch", "8", "--steps", "20", "--progress", "json", "--quiet"],
];

/** Parts that differ from run to run, and their replacements in the picture. */
const FIXED: readonly (readonly [RegExp, string])[] = [
  [/http:\/\/127\.0\.0\.1:\d+/g, "http://127.0.0.1:7801"],
  [/gen-[a-z0-9]{8}/g, "gen-7f3k9x2q"],
  [/(Response Time:) .*/g, "$1 2ms"],
  [/(Progress: +)\S+/g, "$118.4%"],
  [/(Duration: +).*/g, "$123s"],
  [/(Remaining: +about) .*/g, "$1 41s"],
  [/about [\w. ]+? left/g, "about 41 s left"],
];

/**
 * Runs the scene and returns the picture. Requires the permissions named at the top of this file.
 */
export async function drawTerminal(): Promise<string> {
  const clock = new PacedClock();
  const state = await Deno.makeTempDir();
  await using simulator = await startSimulator({
    secondsPerStep: 0.1,
    loadSeconds: 0.01,
    closePauseMs: 1,
    firstFrameMs: 600_000,
    clock,
  });
  const env = ownEnvironment(state, simulator.url);
  function start(args: readonly string[], stderr: "piped" | "null"): Deno.ChildProcess {
    return new Deno.Command(Deno.execPath(), {
      args: [...denoArguments(args)],
      env,
      stdin: "null",
      stdout: "piped",
      stderr,
    }).spawn();
  }
  const generating = start(GENERATE, "piped");
  try {
    await untilSecondImage(generating.stderr, clock);
    const during = await untilSaid(() => start(["status", "--color", "always"], "null"));
    const waiting = start(["wait", "--color", "always"], "piped");
    const waited = await bothStreams(waiting, () => clock.pace = "fast");
    return terminalSvg(fixed(scene(during, waited)), { title: TITLE });
  } finally {
    clock.pace = "fast";
    await generating.stdout.cancel();
    await generating.status;
    await Deno.remove(state, { recursive: true });
  }
}

/** Holds the server's time in the middle of the second image; reads on in any case. */
function untilSecondImage(stderr: ReadableStream<Uint8Array>, clock: PacedClock): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    let isReached = false;
    const reading = stderr.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({
        write(part): void {
          text += part;
          if (isReached || !/"images_done":1,.*"progress":0\.1[4-9]/.test(text)) return;
          isReached = true;
          clock.pace = "held";
          resolve();
        },
      }),
    );
    reading.then(
      () => reject(new Error(`Cannot draw the terminal: the generation ended too early\n${text}`)),
      reject,
    );
  });
}

/** Asks until the answer contains the image and the remaining time. */
async function untilSaid(ask: () => Deno.ChildProcess): Promise<string> {
  for (let tries = 0; tries < 50; tries++) {
    const { stdout } = await ask().output();
    const text = new TextDecoder().decode(stdout);
    if (/image 2 of 8, about .* left/.test(text)) return text;
  }
  throw new Error("Cannot draw the terminal: status never tells which image is made");
}

/** The output of a process on both streams in turn; `onFirst` is called after its first output. */
async function bothStreams(process: Deno.ChildProcess, onFirst: () => void): Promise<string> {
  let text = "";
  for await (const part of process.stderr.pipeThrough(new TextDecoderStream())) {
    text += part;
    onFirst();
  }
  const result = await new Response(process.stdout).text();
  await process.status;
  return text + result;
}

function scene(during: string, waited: string): string {
  return `${prompt("status")}\n${during}\n${prompt("wait && nightly-job")}\n${waited}`;
}

function prompt(words: string): string {
  return `\x1b[36m$\x1b[39m asset-generator ${words}`;
}

function fixed(text: string): string {
  return FIXED.reduce((changed, [pattern, value]) => changed.replace(pattern, value), text);
}

if (import.meta.main) await Deno.writeTextFile(PICTURE, await drawTerminal());
