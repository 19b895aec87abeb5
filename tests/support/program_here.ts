/**
 * The program in this very process, with its real adapters: real files, locks and sockets, at a
 * hundredth of what a process costs. What is true only of processes (death, signals, permissions) it
 * does not show; `cli_process.ts` does.
 */
import type { Adapters } from "../../src/cli/context.ts";
import { runProgram } from "../../src/cli/program.ts";
import type { Settings } from "../../src/cli/settings.ts";
import type { Clock } from "../../src/generation/clock.ts";
import { createMemoryStore } from "../../src/generation/memory_store.ts";
import { trackGeneration } from "../../src/generation/tracker.ts";
import { createEndLog } from "../../src/state/private/end_log.ts";
import { createFileStore } from "../../src/state/records/file_store.ts";
import { checkNamedStateFile } from "../../src/state/records/state_file.ts";
import { createOwnerLocks } from "../../src/state/private/owner_locks.ts";
import { createRecordPlaces } from "../../src/state/places/record_places.ts";
import { createSessionCache } from "../../src/state/private/session_cache.ts";
import { createUserStore } from "../../src/state/records/user_store.ts";
import { createWaitStore } from "../../src/state/private/wait_store.ts";
import { createImageServer } from "../../src/swarm/images/image_client.ts";
import { createSwarmQuestions } from "../../src/swarm/questions/swarm_questions.ts";
import { createServerDoor } from "../../src/swarm/questions/server_door.ts";
import type { SwarmOptions } from "../../src/swarm/http/transport.ts";
import { createUserWork } from "../../src/swarm/questions/user_work.ts";
import { checkWritable, writeFileAtomically } from "../../src/system/output_file.ts";
import { missingNet } from "../../src/system/permissions.ts";
import { SystemClock } from "../../src/system/system_clock.ts";
import type { CliResult } from "./cli_process.ts";
import { testHttpClients } from "./http_clients.ts";
import { MemoryTerminal } from "./memory_terminal.ts";
import { untilRecorded } from "./records.ts";
import type { Stage } from "./stage.ts";
import { testContext } from "./test_context.ts";
import type { TestContext } from "./test_context.ts";

/** Where and as whom the program runs. */
export interface HereOptions {
  /** @default {Stage.here} */
  readonly cwd?: string;
  /** Besides the stage's own variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default {SystemClock} */
  readonly clock?: Clock;
  /** The name of the machine that it takes this one for. @default {Deno.hostname()} */
  readonly host?: string;
}

/** Runs the program to its end. */
export async function runHere(
  args: readonly string[],
  options: HereOptions & { readonly stage: Stage },
): Promise<CliResult> {
  return await runIn(openContext(options), args);
}

/** A `generate image` under way in this process. */
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
  const context = openContext(options);
  const words = ["generate", "image", "--prompt", "a cat", "--format", "json", ...args];
  const ended = runIn(context, words);
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
 * Publishes a run of this process that generates, without anything on the server; disposing ends it.
 */
export async function trackHere(
  options: HereOptions & { readonly stage: Stage; readonly images: number },
): Promise<AsyncDisposable & { readonly id: string }> {
  const { stage, images, cwd = stage.here, clock = new SystemClock() } = options;
  const user = { directory: stage.stateDirectory, clock };
  const tracked = await trackGeneration({ serverUrl: stage.server.url, imagesTotal: images }, {
    stores: [
      createFileStore({ path: `${cwd}/.asset-generator-state.json`, clock }),
      createUserStore(user),
    ],
    locks: createOwnerLocks(user),
    ends: null,
    clock,
    host: options.host ?? Deno.hostname(),
    pid: Deno.pid,
    warn: (message) => {
      throw new Error(message);
    },
  });
  tracked.progress({ progress: 0.25, imagesDone: 0 });
  await untilRecorded(stage, "generating");
  return { id: tracked.id, [Symbol.asyncDispose]: () => tracked.finish() };
}

async function runIn(context: TestContext, args: readonly string[]): Promise<CliResult> {
  const code = await runProgram(args, context);
  return { code, out: context.terminal.outText, err: context.terminal.errText };
}

function openContext(options: HereOptions & { readonly stage: Stage }): TestContext {
  const { stage, clock = new SystemClock() } = options;
  const env = { ...stage.env, ...options.env };
  const context = testContext({
    terminal: new MemoryTerminal(),
    clock,
    env,
    host: options.host ?? Deno.hostname(),
  });
  const directory = env["ASSET_GENERATOR_STATE_DIR"] ?? stage.stateDirectory;
  return {
    ...context,
    defaultStateFile: `${options.cwd ?? stage.here}/.asset-generator-state.json`,
    checkFile: checkWritable,
    writeFile: writeFileAtomically,
    openAdapters: (warn) => ({
      ...context.openAdapters(warn),
      ...realAdapters({ user: { directory, clock }, warn }),
    }),
  };
}

function realAdapters(with_: {
  readonly user: { readonly directory: string; readonly clock: Clock };
  readonly warn: (message: string) => void;
}): Omit<Adapters, "keyboard" | "pictureFiles" | "simulator"> {
  const { user, warn } = with_;
  const { clock } = user;
  const http = testHttpClients();
  function swarmOptions(settings: Settings): SwarmOptions {
    return {
      baseUrl: settings.apiUrl.value,
      authorization: settings.apiKey.value,
      token: settings.token.value,
      requestTimeoutMs: settings.requestTimeoutMs.value,
      clock,
      cache: createSessionCache(user),
      netPermission: missingNet,
      http,
    };
  }
  return {
    stores: async ({ stateFile }) => {
      const isNamed = stateFile.source !== "default";
      if (isNamed) await checkNamedStateFile(stateFile.value);
      return [
        createMemoryStore({ clock }),
        createFileStore({ path: stateFile.value, isNamed, clock, warn }),
        createUserStore(user),
      ];
    },
    ownerLocks: () => Promise.resolve(createOwnerLocks(user)),
    swarmServer: (settings) => Promise.resolve(createSwarmQuestions(swarmOptions(settings))),
    imageServer: (settings) => Promise.resolve(createImageServer(swarmOptions(settings))),
    userWork: (settings) => Promise.resolve(createUserWork(swarmOptions(settings))),
    endLog: () => Promise.resolve(createEndLog(user)),
    waitStore: () => Promise.resolve(createWaitStore(user)),
    doctor: (settings) =>
      Promise.resolve({
        places: createRecordPlaces({
          stateFile: settings.stateFile.value,
          isNamed: settings.stateFile.source !== "default",
          user,
          clock,
        }),
        door: createServerDoor(swarmOptions(settings)),
      }),
  };
}
