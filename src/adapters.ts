/**
 * The composition root: the only file that knows all adapters. `main.ts` uses it, and so do the
 * tests that run the program in their own process. Adapters that `status` does not need are loaded
 * when they are asked for.
 */
import type { Adapters } from "./cli/context.ts";
import { VERSION } from "./cli/command.ts";
import type { Environment, Settings } from "./cli/setting_layers.ts";
import type { Clock } from "./generation/clock.ts";
import { createMemoryStore } from "./generation/records/memory_store.ts";
import { normaliseBaseUrl } from "./generation/server/server_url.ts";
import type { ClaimStore } from "./generation/claim.ts";
import type { OwnerLocks } from "./generation/records/owner.ts";
import { checkNamedPlace, createFileStore } from "./state/records/file_store.ts";
import { createSessionCache } from "./state/private/session_cache.ts";
import { createUserStore } from "./state/records/user_store.ts";
import { HttpClients } from "./swarm/http/http_client.ts";
import { createSwarmQuestions } from "./swarm/questions/swarm_questions.ts";
import type { SwarmOptions } from "./swarm/http/swarm_options.ts";
import { lookAt } from "./system/look_at.ts";
import { homeDirectory, userStateDirectory } from "./system/paths.ts";
import type { Network } from "./network/network.ts";
import { joinPath } from "./system/path_parts.ts";
import { missingFlags, missingNet } from "./system/permissions.ts";

/** What the adapters of one command are made from. */
export interface AdapterParts {
  /** Used to find the directory of the user scope. */
  readonly environment: Environment;
  readonly clock: Clock;
  /**
   * Whoever passes them in also closes them. @default {its own, which live as long as the process}
   */
  readonly http?: HttpClients;
  /** Takes what must be closed at the end. @default {it lives as long as the process} */
  readonly open?: AsyncDisposableStack;
  /** Called with one line of text when something beside the main task went wrong. */
  readonly warn: (message: string) => void;
}

/** Makes the adapters of one command. This alone reads and opens nothing. */
export function createAdapters(
  { environment, clock, warn, http = new HttpClients(), open }: AdapterParts,
): Adapters {
  const userState = userStateDirectory(environment);
  const home = homeDirectory(environment);
  const user = userState.path === null ? null : { directory: userState.path, home, clock };

  function swarmOptions(settings: Settings): SwarmOptions {
    const baseUrl = normaliseBaseUrl(settings.apiUrl.value);
    return {
      baseUrl,
      authorization: settings.apiKey.value,
      token: settings.token.value,
      headers: settings.headers.value,
      requestTimeoutMs: settings.requestTimeoutMs.value,
      clock,
      cache: user === null ? null : createSessionCache(user),
      netPermission: missingNet,
      http,
      loginCommand: async () => {
        const { commandFor } = await import("./cli/login/command_for.ts");
        return commandFor("login", settings);
      },
    };
  }

  async function withChoiceMemory(settings: Settings): Promise<SwarmOptions> {
    const options = swarmOptions(settings);
    if (user === null) return options;
    const { createChoiceMemory } = await import("./state/private/choice_memory.ts");
    return { ...options, choiceMemory: createChoiceMemory(user) };
  }

  const noUserScope = (): Promise<typeof import("./state/no_user_scope.ts")> =>
    import("./state/no_user_scope.ts");

  let loading: Promise<OwnerLocks> | undefined;
  function ownerLocks(): Promise<OwnerLocks> {
    return loading ??= loadOwnerLocks();
  }

  async function loadOwnerLocks(): Promise<OwnerLocks> {
    if (user === null) return (await noUserScope()).createMissingOwnerLocks(userState.needs);
    const { createOwnerLocks } = await import("./state/private/owner_locks.ts");
    return createOwnerLocks(user);
  }

  let networking: Promise<Network> | undefined;
  /** The Redis of the settings, which are the same for all commands of a process. */
  async function network(
    { redisUrl: { value: url }, redisPrefix, redisShareSessions }: Settings,
  ): Promise<Network | null> {
    if (url === null) return null;
    return await (networking ??= import("./network/network.ts").then(({ openNetwork }) => {
      const opened = openNetwork({
        url,
        prefix: redisPrefix.value,
        sharesSessions: redisShareSessions.value,
        version: VERSION,
        clock,
      });
      open?.use(opened);
      return opened;
    }));
  }

  return {
    stores: async (settings) => {
      const { path, isNamed } = stateFilePlace(settings.stateFile);
      const shared = await network(settings);
      if (isNamed) await checkNamedPlace(path);
      return [
        createMemoryStore({ clock }),
        createFileStore({ path, isNamed, clock, warn }),
        user === null
          ? (await noUserScope()).createMissingUserStore(userState.needs)
          : createUserStore(user),
        ...shared === null ? [] : [shared.store],
      ];
    },
    // A status without records needs no locks.
    ownerLocks: () =>
      Promise.resolve({
        hold: async (id) => await (await ownerLocks()).hold(id),
        probe: async (id) => await (await ownerLocks()).probe(id),
      }),
    swarmServer: (settings, untilMs) =>
      Promise.resolve(
        createSwarmQuestions({
          ...swarmOptions(settings),
          ...untilMs === undefined ? {} : { untilMs },
        }),
      ),
    userWork: async (settings) => {
      const { createUserWork } = await import("./swarm/questions/user_work.ts");
      return createUserWork(swarmOptions(settings));
    },
    catalog: async (settings) => {
      const { createCatalog } = await import("./swarm/questions/catalog.ts");
      return createCatalog(await withChoiceMemory(settings));
    },
    imageServer: async (settings) => {
      const { createImageServer } = await import("./swarm/images/image_client.ts");
      return createImageServer(await withChoiceMemory(settings));
    },
    serverChoices: async (settings) => {
      const { createServerChoices } = await import("./swarm/questions/server_choices.ts");
      return createServerChoices(await withChoiceMemory(settings));
    },
    endLog: async (settings) => {
      const [{ createEndLog }, { uniteEndLogs }] = await Promise.all([
        import("./state/private/end_log.ts"),
        import("./generation/records/end_log.ts"),
      ]);
      const shared = await network(settings);
      return uniteEndLogs([
        ...user === null ? [] : [createEndLog(user)],
        ...shared === null ? [] : [shared.ends],
      ]);
    },
    requestLog: async () => {
      if (user === null) return null;
      const { createRequestLog } = await import("./state/private/request_log.ts");
      return createRequestLog(user);
    },
    claims: async (settings) => {
      const shared = await network(settings);
      if (shared !== null) return shared.claims;
      if (user === null) return (await noUserScope()).createMissingClaims(userState.needs);
      const load = async (): Promise<ClaimStore> => {
        const { createClaimFile } = await import("./state/private/claim_file.ts");
        return createClaimFile(user);
      };
      return {
        // A status where nobody has ever claimed anything loads nothing for it.
        list: async () =>
          hasNoClaims(user.directory)
            ? { answered: true, claims: [] }
            : await (await load()).list(),
        take: async (claim) => await (await load()).take(claim),
        release: async (id) => await (await load()).release(id),
      };
    },
    waitStore: async () => {
      if (user === null) return (await noUserScope()).createMissingWaitStore(userState.needs);
      const { createWaitStore } = await import("./state/private/wait_store.ts");
      return createWaitStore(user);
    },
    doctor: async (settings) => {
      const [{ createRecordPlaces }, { createServerDoor }] = await Promise.all([
        import("./state/places/record_places.ts"),
        import("./swarm/questions/server_door.ts"),
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
    logins: async () => {
      if (user === null) return (await noUserScope()).createMissingLoginStore(userState.needs);
      const { createLoginStore } = await import("./state/private/login_store.ts");
      return createLoginStore(user);
    },
    accountServer: async (settings) => {
      const { createAccountServer } = await import("./swarm/questions/account_server.ts");
      return createAccountServer(swarmOptions(settings));
    },
    keyboard: async () => {
      const { SystemKeyboard } = await import("./system/system_keyboard.ts");
      return new SystemKeyboard();
    },
    configFiles: async () => {
      const [{ ConfigEditor }, { readConfigValues }] = await Promise.all([
        import("./settings/config_editor.ts"),
        import("./settings/read_config_file.ts"),
      ]);
      return { editor: (named) => new ConfigEditor(named, environment), parse: readConfigValues };
    },
    inputFiles: async () => {
      const { readInputFile } = await import("./system/input_file.ts");
      return { read: readInputFile };
    },
    pictureFiles: async () => {
      const { preparePictureFolder, savePicture } = await import("./pictures/picture_files.ts");
      return { prepare: preparePictureFolder, save: savePicture };
    },
    pictureReader: async () => {
      const { readPicture } = await import("./pictures/read_picture.ts");
      return { read: readPicture };
    },
    queueObserver: async (settings) => {
      const { createQueueObserver } = await import("./swarm/socket/queue_socket.ts");
      return createQueueObserver(swarmOptions(settings));
    },
    webService: async () => {
      const { startWebService } = await import("./serve/web_service.ts");
      return { start: startWebService };
    },
    simulator: async () => {
      const [{ startListening }, { BACKEND_TYPES, MODELS, rightsOfRole, startSimulator }] =
        await Promise
          .all([import("./system/listening.ts"), import("./simulator/simulator.ts")]);
      return {
        permissions: rightsOfRole("owner"),
        backendTypes: BACKEND_TYPES,
        models: MODELS.map(({ name }) => name),
        start: (options) =>
          startListening(
            { hostname: "127.0.0.1", port: options.port },
            () => startSimulator(options),
          ),
      };
    },
  };
}

/**
 * The token that `login` got for an address; `null`: none, or none that may be read. Who has no login
 * pays one look for it.
 */
export async function findStoredToken(
  address: string,
  environment: Environment,
): Promise<string | null> {
  try {
    const { path } = userStateDirectory(environment);
    if (path === null || missingFlags(path, { access: ["read"] }) !== null) return null;
    if (lookAt(joinPath(path, "logins")) === null) return null;
    const { createLoginStore } = await import("./state/private/login_store.ts");
    const store = createLoginStore({ directory: path, home: homeDirectory(environment) });
    return (await store.find(normaliseBaseUrl(address)))?.reveal() ?? null;
  } catch {
    // The server refuses then, and `login` says what is wrong with the directory.
    return null;
  }
}

function hasNoClaims(stateDirectory: string): boolean {
  const path = joinPath(stateDirectory, "claims");
  try {
    return missingFlags(path, { access: ["read"] }) === null && lookAt(path) === null;
  } catch {
    // Why it cannot be looked at is told by whoever tries to read it.
    return false;
  }
}

/** Links are followed only if the user named the state file: see `createFileStore()`. */
function stateFilePlace(
  { value, source }: Settings["stateFile"],
): { readonly path: string; readonly isNamed: boolean } {
  return { path: value, isNamed: source !== "default" };
}
