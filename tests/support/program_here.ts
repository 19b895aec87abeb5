/**
 * Runs the program in this process, with its real adapters: real files, locks and sockets, at a
 * hundredth of the cost of a process. It cannot show what only processes have (death, signals,
 * permissions); `cli_process.ts` can.
 */
import { createAdapters, findStoredToken } from "../../src/adapters.ts";
import { runProgram } from "../../src/cli/program.ts";
import type { Keyboard } from "../../src/cli/context.ts";
import { environmentLayer, resolveSettings } from "../../src/cli/settings.ts";
import type { Clock } from "../../src/generation/clock.ts";
import { trackGeneration } from "../../src/generation/records/tracker.ts";
import { readSecretFile } from "../../src/settings/secret_file.ts";
import { searchConfig } from "../../src/settings/config_file.ts";
import { checkWritable, writeOutputFile } from "../../src/system/output_file.ts";
import { SystemClock } from "../../src/system/system_clock.ts";
import type { CliResult } from "./cli_process.ts";
import { testHttpClients } from "./http_clients.ts";
import { SystemTerminal } from "../../src/system/system_terminal.ts";
import { MemoryTerminal } from "./memory_terminal.ts";
import { untilRecorded } from "./records.ts";
import type { Stage } from "./stage.ts";
import { testContext } from "./test_context.ts";
import type { TestContext } from "./test_context.ts";

/** Where and how the program runs. */
export interface HereOptions {
  /** @default {Stage.here} */
  readonly cwd?: string;
  /** In addition to the stage's own variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default {SystemClock} */
  readonly clock?: Clock;
  /** How long its start took, in milliseconds. @default {0} */
  readonly startTookMs?: number;
  /** Where it writes. @default {a pipe in memory} */
  readonly terminal?: MemoryTerminal;
  /** What is typed at its terminal, a line for each question. @default {there is no terminal} */
  readonly typed?: readonly string[];
  /** What standard input holds, where that is no terminal. @default {nothing} */
  readonly stdin?: string;
  /** The name of this machine. @default {Deno.hostname()} */
  readonly host?: string;
}

/** Runs the program to its end. */
export async function runHere(
  args: readonly string[],
  options: HereOptions & { readonly stage: Stage },
): Promise<CliResult> {
  return await runIn(openContext(options), args);
}

/** A running command in this process. */
export interface OwnRun extends AsyncDisposable {
  readonly ended: Promise<CliResult>;
  /** Presses Ctrl-C. */
  interrupt(): void;
}

/** Starts `generate image` with a prompt; disposing leaves it, as a second Ctrl-C does. */
export function generateHere(
  args: readonly string[],
  options: HereOptions & { readonly stage: Stage },
): OwnRun {
  return startHere(
    ["generate", "image", "--prompt", "a cat", "--format", "json", ...args],
    options,
  );
}

/** Starts the program; disposing leaves it, as a second Ctrl-C does. */
export function startHere(
  args: readonly string[],
  options: HereOptions & { readonly stage: Stage },
): OwnRun {
  const context = openContext(options);
  const ended = runIn(context, args);
  return {
    ended,
    interrupt: context.interrupt,
    async [Symbol.asyncDispose](): Promise<void> {
      context.interrupt();
      context.interrupt();
      await ended;
    },
  };
}

/**
 * Publishes a running generation of this process, without work on the server; disposing ends it.
 */
export async function trackHere(
  options: HereOptions & { readonly stage: Stage; readonly images: number },
): Promise<AsyncDisposable & { readonly id: string }> {
  const { stage, images } = options;
  const context = openContext(options);
  const adapters = context.openAdapters((message) => {
    throw new Error(message);
  });
  const settings = await resolveSettings({}, {
    environment: environmentLayer(context.environment),
    stateFile: context.defaultStateFile,
    readSecretFile,
  });
  const tracked = await trackGeneration({ serverUrl: stage.server.url, imagesTotal: images }, {
    stores: await adapters.stores(settings),
    locks: await adapters.ownerLocks(),
    ends: null,
    clock: context.clock,
    host: context.hostname(),
    pid: Deno.pid,
    warn: (message) => {
      throw new Error(message);
    },
  });
  tracked.progress({ progress: 0.25, imagesDone: 0 });
  await untilRecorded(stage, "generating");
  return {
    id: tracked.id,
    async [Symbol.asyncDispose](): Promise<void> {
      await tracked.finish();
      await context.open[Symbol.asyncDispose]();
    },
  };
}

interface OwnContext extends TestContext {
  /** What its adapters leave open until the end. */
  readonly open: AsyncDisposableStack;
}

async function runIn(context: OwnContext, args: readonly string[]): Promise<CliResult> {
  await using _open = context.open;
  const code = await runProgram(args, context);
  return { code, out: context.terminal.outText, err: context.terminal.errText };
}

function openContext(options: HereOptions & { readonly stage: Stage }): OwnContext {
  const { stage, clock = new SystemClock(), terminal = new MemoryTerminal() } = options;
  const env = { ...stage.env, ...options.env };
  const context = testContext({
    terminal,
    clock,
    env,
    ...options.startTookMs === undefined ? {} : { startTookMs: options.startTookMs },
    host: options.host ?? Deno.hostname(),
  });
  const http = testHttpClients();
  const open = new AsyncDisposableStack();
  return {
    ...context,
    open,
    defaultStateFile: `${options.cwd ?? stage.here}/.asset-generator-state.json`,
    readSecretFile: (path, action) =>
      path === "-"
        ? Promise.resolve((options.stdin ?? "").replace(/\n$/, ""))
        : readSecretFile(path, action),
    searchConfig: (named) => searchConfig(named, context.environment),
    storedToken: (address) => findStoredToken(address, context.environment),
    checkFile: checkWritable,
    writeFile: (path, text) => writeOutputFile(path, text, { streams: new SystemTerminal() }),
    openAdapters: (warn) => ({
      ...createAdapters({ environment: context.environment, clock, http, open, warn }),
      keyboard: () => Promise.resolve(keyboardOf(options.typed)),
    }),
  };
}

/** A keyboard on which lines are typed; on none there is no terminal. */
function keyboardOf(typed: readonly string[] | undefined): Keyboard {
  const lines = [...typed ?? []];
  const next = (): Promise<string | null> => Promise.resolve(lines.shift() ?? null);
  return {
    isTerminal: typed !== undefined,
    readLine: next,
    readSecret: async (prompt) => {
      await prompt();
      return await next();
    },
  };
}
