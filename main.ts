/**
 * The program. The only place that knows which adapters there are, and the only one that ends the
 * process. What `status` does not need is loaded when it is asked for.
 */
import type { Adapters, Context } from "./src/cli/context.ts";
import { EXIT } from "./src/cli/exit.ts";
import type { InterruptOptions, Interrupts } from "./src/cli/interrupts.ts";
import { runProgram } from "./src/cli/program.ts";
import type { Settings } from "./src/cli/settings.ts";
import { AppError } from "./src/errors.ts";
import { createMemoryStore } from "./src/generation/memory_store.ts";
import { createFileStore } from "./src/state/records/file_store.ts";
import { createOwnerLocks } from "./src/state/private/owner_locks.ts";
import { createSessionCache } from "./src/state/private/session_cache.ts";
import { createUserStore } from "./src/state/records/user_store.ts";
import { normaliseBaseUrl } from "./src/swarm/http/base_url.ts";
import { HttpClients } from "./src/swarm/http/http_client.ts";
import { createSwarmQuestions } from "./src/swarm/questions/swarm_questions.ts";
import type { SwarmOptions } from "./src/swarm/http/transport.ts";
import {
  createMissingOwnerLocks,
  createMissingUserStore,
  createMissingWaitStore,
} from "./src/state/no_user_scope.ts";
import { defaultStateFile, userStateDirectory } from "./src/system/paths.ts";
import { hostname, mayReadEnv, missingNet, readEnv } from "./src/system/permissions.ts";
import { ignoreHangUp, listenForSignals } from "./src/system/signals.ts";
import { SystemClock } from "./src/system/system_clock.ts";
import { SystemTerminal } from "./src/system/system_terminal.ts";

const clock = new SystemClock();
const http = new HttpClients();
const environment = { get: readEnv, mayRead: mayReadEnv };

function openAdapters(warn: (message: string) => void): Adapters {
  const userState = userStateDirectory(environment);
  const user = userState.path === null ? null : { directory: userState.path, clock };

  function swarmOptions(settings: Settings): SwarmOptions {
    const baseUrl = normaliseBaseUrl(settings.apiUrl.value);
    return {
      baseUrl,
      authorization: settings.apiKey.value,
      token: settings.token.value,
      requestTimeoutMs: settings.requestTimeoutMs.value,
      clock,
      cache: user === null ? null : createSessionCache(user),
      netPermission: missingNet,
      http,
    };
  }

  return {
    stores: async ({ stateFile }) => {
      const { path, isNamed } = stateFilePlace(stateFile);
      if (isNamed) {
        const { checkNamedStateFile } = await import("./src/state/records/state_file.ts");
        await checkNamedStateFile(path);
      }
      return [
        createMemoryStore({ clock }),
        createFileStore({ path, isNamed, clock, warn }),
        user === null ? createMissingUserStore(userState.needs) : createUserStore(user),
      ];
    },
    ownerLocks: () =>
      Promise.resolve(
        user === null ? createMissingOwnerLocks(userState.needs) : createOwnerLocks(user),
      ),
    swarmServer: (settings) => Promise.resolve(createSwarmQuestions(swarmOptions(settings))),
    userWork: async (settings) => {
      const { createUserWork } = await import("./src/swarm/questions/user_work.ts");
      return createUserWork(swarmOptions(settings));
    },
    imageServer: async (settings) => {
      const { createImageServer } = await import("./src/swarm/images/image_client.ts");
      return createImageServer(swarmOptions(settings));
    },
    endLog: async () => {
      if (user === null) return null;
      const { createEndLog } = await import("./src/state/private/end_log.ts");
      return createEndLog(user);
    },
    waitStore: async () => {
      if (user === null) return createMissingWaitStore(userState.needs);
      const { createWaitStore } = await import("./src/state/private/wait_store.ts");
      return createWaitStore(user);
    },
    doctor: async (settings) => {
      const [{ createRecordPlaces }, { createServerDoor }] = await Promise.all([
        import("./src/state/places/record_places.ts"),
        import("./src/swarm/questions/server_door.ts"),
      ]);
      const { path, isNamed } = stateFilePlace(settings.stateFile);
      return {
        places: createRecordPlaces({
          stateFile: path,
          isNamed,
          user: user ?? { needs: userState.needs },
          clock,
        }),
        door: createServerDoor(swarmOptions(settings)),
      };
    },
    keyboard: async () => {
      const { SystemKeyboard } = await import("./src/system/system_keyboard.ts");
      return new SystemKeyboard();
    },
    pictureFiles: async () => {
      const { preparePictureFolder, savePicture } = await import("./src/pictures/picture_files.ts");
      return { prepare: preparePictureFolder, save: savePicture };
    },
    simulator: async () => {
      const [{ startListening }, { BACKEND_TYPES, rightsOfRole, startSimulator }] = await Promise
        .all([import("./src/system/listening.ts"), import("./src/simulator/simulator.ts")]);
      return {
        permissions: rightsOfRole("owner"),
        backendTypes: BACKEND_TYPES,
        start: (options) => startListening(options.port, () => startSimulator(options)),
      };
    },
  };
}

/** How long an end may take after the first signal if its command does not say, in milliseconds. */
const END_WITHIN_MS = 10_000;
/** How long it may take after the second, which means at once, in milliseconds. */
const END_NOW_MS = 1_000;
/** How long a stream may take nothing after the second signal, in milliseconds. */
const STALL_NOW_MS = 100;

/** Only where the user named the state file are links followed: see `createFileStore()`. */
function stateFilePlace(
  { value, source }: Settings["stateFile"],
): { readonly path: string; readonly isNamed: boolean } {
  return { path: value, isNamed: source !== "default" };
}

const terminal = new SystemTerminal();
const ignoresHangUp = !terminal.isAnyTerminal;
if (ignoresHangUp) ignoreHangUp();

/** Whatever a command still waits for when it was told to end, the process ends. */
function listenForInterrupts({ endWithinMs = END_WITHIN_MS }: InterruptOptions = {}): Interrupts {
  const signals = listenForSignals({ ignoresHangUp });
  const { first, second } = signals;
  first.addEventListener("abort", () => {
    terminal.endSoon(first.reason);
    exitAfter(endWithinMs);
  });
  second.addEventListener("abort", () => {
    terminal.endSoon(second.reason, STALL_NOW_MS);
    exitAfter(END_NOW_MS);
  });
  return signals;
}

function exitAfter(delayMs: number): void {
  AbortSignal.timeout(delayMs).addEventListener("abort", async () => {
    terminal.endSoon(new AppError("interrupted", "Interrupted"), STALL_NOW_MS);
    await terminal.err("Error: Interrupted: what did not answer was not waited for any longer\n");
    Deno.exit(EXIT.interrupted);
  });
}

const context: Context = {
  terminal,
  clock,
  environment,
  openAdapters,
  defaultStateFile: defaultStateFile(),
  hostname,
  pid: Deno.pid,
  listenForInterrupts,
  checkFile: async (path) => {
    const { checkWritable } = await import("./src/system/output_file.ts");
    await checkWritable(path);
  },
  writeFile: async (path, text) => {
    const { writeFileAtomically } = await import("./src/system/output_file.ts");
    await writeFileAtomically(path, text);
  },
};

const exitCode = await runProgram(Deno.args, context);
await terminal.flush();
// Not left to the end of all work: a WebSocket lives until the server closes it, which may be never.
Deno.exit(exitCode);
