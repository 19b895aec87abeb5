import type { FoundConfig } from "../../src/cli/config/config_file.ts";
import type { Adapters, Context } from "../../src/cli/context.ts";
import { AppError } from "../../src/errors.ts";
import type { Clock } from "../../src/generation/clock.ts";
import { ManualClock } from "./manual_clock.ts";
import { MemoryTerminal } from "./memory_terminal.ts";

/** What a test's context has; everything else fails when it is used. */
export interface TestContextOptions {
  readonly terminal?: MemoryTerminal;
  readonly clock?: Clock;
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  readonly adapters?: Partial<Adapters>;
  /** The configuration file. */
  readonly config?: FoundConfig;
  /** How long the start of the process took, in milliseconds. @default {0} */
  readonly startTookMs?: number;
  /** This machine's name. @default {"testhost"} */
  readonly host?: string | null;
}

/** A context for tests: nothing in it is real. */
export interface TestContext extends Context {
  readonly terminal: MemoryTerminal;
  /** The texts of `writeFile()`, by path. */
  readonly files: ReadonlyMap<string, string>;
  /** Presses Ctrl-C; twice for the second signal. */
  interrupt(): void;
  /** Simulates an error that nobody caught, or SIGTERM that is not caught. */
  breakOff(reason: unknown): void;
  /** How many listeners for Ctrl-C are not disposed. */
  listenerCount(): number;
}

/** Makes a context for `runProgram()` or for a command's `run()`. */
export function testContext(options: TestContextOptions = {}): TestContext {
  const files = new Map<string, string>();
  const listeners = new Set<() => void>();
  const broken = Promise.withResolvers<never>();
  // Commands that watch nothing leave it alone.
  broken.promise.catch(() => {});
  const clock = options.clock ?? new ManualClock();
  return {
    terminal: options.terminal ?? new MemoryTerminal(),
    clock,
    startedMs: clock.monotonicMs() - (options.startTookMs ?? 0),
    environment: { get: (name) => options.env?.[name], mayRead: () => true },
    openAdapters: () => ({ ...missingAdapters(), ...options.adapters }),
    searchConfig: () => Promise.resolve({ found: options.config ?? null, unread: [] }),
    storedToken: () => Promise.resolve(null),
    readSecretFile: (path) => Promise.reject(new Error(`The test has no ${path}`)),
    defaultStateFile: "/data/.asset-generator-state.json",
    hostname: () => options.host === undefined ? "testhost" : options.host,
    pid: 4711,
    shippedAs: "in a test",
    listenForInterrupts: () => {
      const first = new AbortController();
      const second = new AbortController();
      const reason = new AppError("interrupted", "Interrupted by SIGINT");
      const hear = () => (first.signal.aborted ? second : first).abort(reason);
      listeners.add(hear);
      return {
        first: first.signal,
        second: second.signal,
        [Symbol.dispose]: () => void listeners.delete(hear),
      };
    },
    broken: broken.promise,
    breakOff: (reason) => broken.reject(reason),
    checkFile: () => Promise.resolve(),
    writeFile: (path, text) => {
      files.set(path, text);
      return Promise.resolve();
    },
    files,
    interrupt: () => listeners.forEach((hear) => hear()),
    listenerCount: () => listeners.size,
  };
}

function missingAdapters(): Adapters {
  function missing(name: string): () => Promise<never> {
    return () => Promise.reject(new Error(`The test has no ${name}`));
  }
  return {
    stores: missing("stores"),
    ownerLocks: missing("ownerLocks"),
    swarmServer: missing("swarmServer"),
    userWork: missing("userWork"),
    catalog: missing("catalog"),
    imageServer: missing("imageServer"),
    serverChoices: missing("serverChoices"),
    endLog: () => Promise.resolve(null),
    requestLog: () => Promise.resolve(null),
    claims: () =>
      Promise.resolve({
        list: () => Promise.resolve({ answered: true, claims: [] }),
        take: missing("claims"),
        release: missing("claims"),
      }),
    waitStore: missing("waitStore"),
    doctor: missing("doctor"),
    logins: missing("logins"),
    accountServer: missing("accountServer"),
    keyboard: missing("keyboard"),
    inputFiles: missing("inputFiles"),
    configFiles: missing("configFiles"),
    pictureFiles: missing("pictureFiles"),
    pictureReader: missing("pictureReader"),
    queueObserver: () => Promise.resolve({ observe: () => Promise.resolve("refused") }),
    webService: missing("webService"),
    simulator: missing("simulator"),
  };
}
