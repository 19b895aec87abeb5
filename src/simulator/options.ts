/** The options of a simulated SwarmUI, and their defaults. */
import type { Clock } from "../generation/clock.ts";
import type { ModelKind } from "./models/model_kind.ts";
import type { Role } from "./users/roles.ts";
import type { RequestRecord } from "./web/request_log.ts";

/** States of a backend (`swarmui-protocol.md §6`). `running` means ready; `idle` means unreachable. */
export type BackendStatus = "running" | "waiting" | "loading" | "idle" | "errored" | "disabled";

/**
 * SwarmUI's types of backends that make images; other types run here too, like those without
 * ComfyUI.
 */
export const BACKEND_TYPES = [
  "comfyui_selfstart",
  "comfyui_api",
  "swarmswarmbackend",
  "auto_webui_selfstart",
  "auto_webui_api",
] as const;

/** A backend to simulate. */
export interface SimulatedBackend {
  /**
   * Default `comfyui_selfstart`; only those that begin with `comfyui`, and `swarmswarmbackend`, have a
   * queue to be asked for.
   */
  readonly type?: string;
  readonly title?: string;
  /** Default `running`. */
  readonly status?: BackendStatus;
  /** The model that it has loaded at the start; default none. */
  readonly model?: string;
  /** The models that it has; default all. */
  readonly models?: readonly string[];
  /**
   * SwarmUI asks it every 5 s whether it answers, and calls it `idle` while it does not; also
   * immediately after a run or a model load that failed, until it answers the next question
   * (`swarmui-protocol.md §20.1`). Default false.
   */
  readonly allowIdle?: boolean;
  /**
   * The ComfyUIs of the server behind a `swarmswarmbackend`; default one. ListBackends shows them with
   * `nonreal`, under the ids -1, -2, … (§20.4). Their models, `maxUsages` and, if they name none, the
   * loaded model are those of the backend.
   */
  readonly remote?: readonly { readonly title?: string; readonly model?: string }[];
  /** Parallel runs that it accepts; default 2, of which ComfyUI computes one at a time. */
  readonly maxUsages?: number;
}

/** A model file to simulate. */
export interface SimulatedModel {
  /** With `/` separators and its extension. */
  readonly name: string;
  /** Default `Stable-Diffusion`, the models that make images. */
  readonly kind?: ModelKind;
  /** Default `stable-diffusion-v1`; `stable-diffusion-xl…` are for 1024 pixels a side. */
  readonly architecture?: string;
  /** Default: made from its name. */
  readonly title?: string;
  /** What else its file contains, by the API's names; default nothing. */
  readonly author?: string;
  readonly license?: string;
  readonly description?: string;
  readonly usage_hint?: string;
  readonly trigger_phrase?: string;
  readonly tags?: readonly string[];
  readonly date?: string;
  /** Epoch milliseconds; default: the start of the simulator. */
  readonly createdMs?: number;
}

/**
 * An account; with any, the server asks for the cookie `swarm_token` unless `requiresLogin` says
 * otherwise (`swarmui-protocol.md §1.5`).
 */
export interface SimulatedAccount {
  /** Kept in lower case, as SwarmUI does. */
  readonly name: string;
  /** Default `user`. */
  readonly role?: Role;
  /** Exactly these rights instead of a role's. */
  readonly permissions?: readonly string[];
  /** For `Login`; without one that is impossible. */
  readonly password?: string;
  /** A valid `swarm_token`; default: one is made, see `Simulator.tokenOf()`. */
  readonly token?: string;
}

/** Options of `startSimulator()`; each has a default. */
export interface SimulatorOptions {
  /** 0 (the default) takes any free port. */
  readonly port?: number;
  /** How many backends, or which; default 1. */
  readonly backends?: number | readonly SimulatedBackend[];
  readonly models?: readonly SimulatedModel[];
  /** LoRA files, with their extension. */
  readonly loras?: readonly string[];
  /**
   * The server setting ModelListSanityCap: with more model files of a kind, ListModels lists this
   * many plus one, in no order, and does not say so (`swarmui-protocol.md §20.9`). Default 5,000.
   */
  readonly modelListCap?: number;
  /**
   * The model that ListT2IParams gives as the default of its parameter `model` (§7.4). Default
   * none.
   */
  readonly defaultModel?: string;
  /** Seconds for each step of an image; default 0.15. */
  readonly secondsPerStep?: number;
  /** Seconds to load a model; default 0.8. */
  readonly loadSeconds?: number;
  /** Role of the user `local` and of the users that `X-SWARM-USER_ID` makes; default `owner`. */
  readonly role?: Role;
  /** Exactly these permissions for these users instead of a role's. */
  readonly permissions?: readonly string[];
  readonly accounts?: readonly SimulatedAccount[];
  /**
   * The server setting UserAuthorization.AuthorizationRequired; without it a login works but is not
   * needed (§20.8). Default: if there are accounts.
   */
  readonly requiresLogin?: boolean;
  /**
   * The server setting UserAuthorization.AllowLocalhostBypass: with accounts, a client without
   * `X-Forwarded-For` is the user `local`, whatever its cookie says (§20.8). Default false;
   * SwarmUI's own default is true.
   */
  readonly allowsLocalhost?: boolean;
  /** The `Authorization` header that every request must have (`swarmui-protocol.md §1.4`). */
  readonly requiredAuthorization?: string;
  /** Refuses with redirects to `/Error/…`, as before 2025-12-25 (§2.3); default false. */
  readonly redirectsErrors?: boolean;
  /** Has the route GetGlobalStatus, as since 2025-09-02; default true. */
  readonly hasGlobalStatus?: boolean;
  /** The version in GetNewSession. */
  readonly version?: string;
  /**
   * The user setting MaxImagesInMiniGrid: a request of 2 to this many images gets a grid of them as
   * an additional picture (`swarmui-protocol.md §20.7`). Default 1: never.
   */
  readonly miniGridMax?: number;
  /** The user setting SaveFiles; without it each picture is a `data:` URL. Default true. */
  readonly savesFiles?: boolean;
  /**
   * The user setting FileFormat.SaveMetadata; without it pictures are listed without metadata.
   * Default true.
   */
  readonly savesMetadata?: boolean;
  /**
   * The server setting AppendUserNameToOutputPath; without it all users' pictures are in one
   * folder, and are `Output/…` instead of `View/<user>/…` (`swarmui-protocol.md §1.1, §3.4`).
   * Default true.
   */
  readonly appendsUser?: boolean;
  /** The pause after `socket_intention`, in milliseconds; default 2,000, as SwarmUI's. */
  readonly closePauseMs?: number;
  /** How long several backends wait before one loads a missing model, ms; default 1,600 (§4.2). */
  readonly assignmentGapMs?: number;
  /** How long a request without any usable backend waits for its error, ms; default 1,000 (§3.5). */
  readonly noBackendMs?: number;
  /** Between a model load and the claim of the backend, ms; default 20 (§5.1). */
  readonly handoverMs?: number;
  /** One node of a workflow besides the sampler, in milliseconds; default 6. */
  readonly nodeMs?: number;
  /** Between the end of a workflow and the image message, in milliseconds; default 3. */
  readonly saveMs?: number;
  /** How long a WebSocket may stay silent before its first frame, ms; default 60,000. */
  readonly firstFrameMs?: number;
  /** Called with each request as it comes. */
  readonly onRequest?: (request: RequestRecord) => void;
  /** The clock for all of the above; default: real time. */
  readonly clock?: Clock;
}

type Optional = "permissions" | "requiredAuthorization" | "requiresLogin";

/** All settings; only those without a default may be missing. */
export interface Settings
  extends
    Required<Omit<SimulatorOptions, Optional | "backends" | "port" | "clock">>,
    Pick<SimulatorOptions, Optional> {
  readonly backends: readonly SimulatedBackend[];
  readonly stepMs: number;
  readonly loadMs: number;
}

/** The models that it has unless others are given. */
export const MODELS: readonly SimulatedModel[] = [
  { name: "sdxl/base.safetensors", architecture: "stable-diffusion-xl-v1-base" },
  { name: "tiny.safetensors" },
];

const DEFAULTS = {
  backends: 1,
  models: MODELS,
  loras: ["ink.safetensors", "style/detail.safetensors"],
  modelListCap: 5_000,
  defaultModel: "",
  secondsPerStep: 0.15,
  loadSeconds: 0.8,
  role: "owner",
  accounts: [],
  allowsLocalhost: false,
  redirectsErrors: false,
  hasGlobalStatus: true,
  version: "0.9.8.2.GIT-062407c7",
  miniGridMax: 1,
  savesFiles: true,
  savesMetadata: true,
  appendsUser: true,
  closePauseMs: 2_000,
  assignmentGapMs: 1_600,
  noBackendMs: 1_000,
  handoverMs: 20,
  nodeMs: 6,
  saveMs: 3,
  firstFrameMs: 60_000,
  onRequest: () => {},
} as const;

const MOST = 1_000_000_000;
const MOST_BACKENDS = 100_000;

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} If a number is negative, none or too large, or there are too many backends.
 */
export function resolveSettings(options: SimulatorOptions): Settings {
  const settings = { ...DEFAULTS, ...options };
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value !== "number" || (value >= 0 && value <= MOST)) continue;
    throw new RangeError(`${name} must be between 0 and ${MOST}, not ${value}`);
  }
  const { backends } = settings;
  if (typeof backends === "number" && !(Number.isInteger(backends) && backends <= MOST_BACKENDS)) {
    throw new RangeError(`backends must be between 0 and ${MOST_BACKENDS}, not ${backends}`);
  }
  return {
    ...settings,
    backends: typeof backends === "number"
      ? Array.from({ length: backends }, () => ({}))
      : backends,
    stepMs: settings.secondsPerStep * 1_000,
    loadMs: settings.loadSeconds * 1_000,
  };
}
