/**
 * The program: collects what commands need from outside, runs the command line, and ends the
 * process. Nothing else ends the process.
 */
import { createAdapters, findStoredToken } from "./src/adapters.ts";
import type { Context, Interrupts } from "./src/cli/context.ts";
import { describeFailure, EXIT } from "./src/cli/exit.ts";
import type { ExitCode } from "./src/cli/exit.ts";
import { runProgram } from "./src/cli/program.ts";
import { AppError } from "./src/errors.ts";
import { searchConfig } from "./src/settings/config_file.ts";
import { defaultStateFile } from "./src/system/paths.ts";
import { hostname, systemEnvironment } from "./src/system/permissions.ts";
import { ignoreHangUp, listenForEnd, listenForSignals } from "./src/system/signals.ts";
import { SystemClock } from "./src/system/system_clock.ts";
import { SystemTerminal } from "./src/system/system_terminal.ts";

const clock = new SystemClock();
const environment = systemEnvironment();

/** How long the program may take to end after the first signal, in milliseconds. */
const END_WITHIN_MS = 10_000;
/** How long it may take after the second signal, in milliseconds. */
const END_NOW_MS = 1_000;
/** After the second signal: how long an output may block before it is given up, in milliseconds. */
const STALL_NOW_MS = 100;

const terminal = new SystemTerminal();
const ignoresHangUp = !terminal.isAnyTerminal;
if (ignoresHangUp) ignoreHangUp();

/** How many commands handle signals themselves at the moment. */
let listening = 0;
const broken = Promise.withResolvers<never>();
let isBroken = false;

/**
 * Abandons the running command, without its remaining work; `runProgram()` then reports the reason.
 */
function breakOff(reason: unknown): void {
  if (isBroken) return;
  isBroken = true;
  terminal.endSoon(new AppError("interrupted", "The program ended"), STALL_NOW_MS);
  broken.reject(reason);
  exitAfter(END_NOW_MS, describeFailure(reason).exitCode);
}

/** Handles errors that nobody caught. Deno would print their stack, which may contain secrets. */
addEventListener("error", (event) => {
  event.preventDefault();
  breakOff(asError(event.error ?? event.message));
});
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  breakOff(asError(event.reason));
});
listenForEnd((reason) => {
  if (listening === 0) breakOff(reason);
}, { ignoresHangUp });

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Ends the process in time after a signal, whatever the command is still waiting for. */
function listenForInterrupts(): Interrupts {
  const signals = listenForSignals({ ignoresHangUp });
  listening++;
  const { first, second } = signals;
  first.addEventListener("abort", () => {
    terminal.endSoon(first.reason);
    exitAfter(END_WITHIN_MS);
  });
  second.addEventListener("abort", () => {
    terminal.endSoon(second.reason, STALL_NOW_MS);
    exitAfter(END_NOW_MS);
  });
  return {
    first,
    second,
    [Symbol.dispose](): void {
      listening--;
      signals[Symbol.dispose]();
    },
  };
}

function exitAfter(delayMs: number, exitCode: ExitCode = EXIT.interrupted): void {
  AbortSignal.timeout(delayMs).addEventListener("abort", async () => {
    terminal.endSoon(new AppError("interrupted", "Interrupted"), STALL_NOW_MS);
    if (!isBroken) {
      await terminal.err("Error: Interrupted: what did not answer was not waited for any longer\n");
    }
    Deno.exit(exitCode);
  });
}

/**
 * Says in which form this program runs: as an executable, as the one file (by path or by URL) or from
 * source.
 */
function formOf(mainUrl: string): string {
  if (Deno.build.standalone) return "executable";
  if (mainUrl.endsWith("/main.ts")) return "from source";
  // The name that `deno pack` uses for npm; the one file has another name.
  return mainUrl.endsWith("/main.js") ? "package" : "one file";
}

const context: Context = {
  terminal,
  clock,
  environment,
  openAdapters: (warn) => createAdapters({ environment, clock, warn }),
  readSecretFile: async (path, action) => {
    const { readSecretFile } = await import("./src/settings/secret_file.ts");
    return await readSecretFile(path, action);
  },
  searchConfig: (named) => searchConfig(named, environment),
  storedToken: (address) => findStoredToken(address, environment),
  defaultStateFile: defaultStateFile(),
  // `performance.now()` counts from there.
  startedMs: 0,
  hostname,
  pid: Deno.pid,
  shippedAs: `${formOf(import.meta.url)}, Deno ${Deno.version.deno}`,
  listenForInterrupts,
  broken: broken.promise,
  checkFile: async (path) => {
    const { checkWritable } = await import("./src/system/output_file.ts");
    await checkWritable(path);
  },
  writeFile: async (path, text) => {
    const { writeOutputFile } = await import("./src/system/output_file.ts");
    await writeOutputFile(path, text, { streams: terminal });
  },
};

const exitCode = await runProgram(Deno.args, context);
await terminal.flush();
// Does not wait for all work to end: a WebSocket stays open until the server closes it, which may
// never happen.
Deno.exit(exitCode);
