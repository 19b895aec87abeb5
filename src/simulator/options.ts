/** What a simulated SwarmUI can be told to be, and what it is if nothing is said. */
import type { Clock } from "../generation/clock.ts";
import type { Role } from "./users/permissions.ts";
import type { RequestRecord } from "./web/request_log.ts";

/** States of a backend (`swarmui-protocol.md §6`). `running` means ready; `idle` means unreachable. */
export const BACKEND_STATUSES = [
  "running",
  "waiting",
  "loading",
  "idle",
  "errored",
  "disabled",
] as const;

/** A state of a backend. */
export type BackendStatus = (typeof BACKEND_STATUSES)[number];

/** SwarmUI's types of backends that make images; others run here too, as those without ComfyUI. */
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
   * SwarmUI asks it every 5 s whether it answers, and calls it `idle` while it does not; after a run
   * or a model load that failed at once, until it answers the next question
   * (`swarmui-protocol.md §20.1`). Default false.
   */
  readonly allowIdle?: boolean;
  /**
   * The ComfyUIs of the server behind a `swarmswarmbackend`; default one. ListBackends shows them with
   * `nonreal`, under the ids -1, -2, … (§20.4). Their models, `maxUsages` and, if they name none, the
   * loaded model are those of the backend.
   */
  readonly remote?: readonly { readonly title?: string; readonly model?: string }[];
  /** `GPU_ID` of its settings; default `"0"` for `comfyui_selfstart`. */
  readonly gpu?: string;
  /** Parallel runs that it accepts; default 2, of which ComfyUI computes one at a time. */
  readonly maxUsages?: number;
}

/** A model file to simulate. */
export interface SimulatedModel {
  /** With `/` separators and its extension. */
  readonly name: string;
  /** Standard width and height in pixels; default 512. */
  readonly standardWidth?: number;
  readonly standardHeight?: number;
  readonly title?: string;
  readonly architecture?: string;
}

/** An account; with any, the server asks for the cookie `swarm_token` (`swarmui-protocol.md §1.5`). */
export interface SimulatedAccount {
  readonly name: string;
  /** Default `user`. */
  readonly role?: Role;
  /** The exact rights instead of a role's. */
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
  /** Loopback only; default `127.0.0.1`. */
  readonly hostname?: "127.0.0.1" | "localhost" | "::1";
  /** How many backends, or which; default 1. */
  readonly backends?: number | readonly SimulatedBackend[];
  readonly models?: readonly SimulatedModel[];
  /** LoRA files, with their extension. */
  readonly loras?: readonly string[];
  /** VAE files, with their extension. */
  readonly vaes?: readonly string[];
  /** Seconds for each step of an image; default 0.15. */
  readonly secondsPerStep?: number;
  /** Seconds to load a model; default 0.8. */
  readonly loadSeconds?: number;
  /** Role of the user `local` and of those that `X-SWARM-USER_ID` makes; default `owner`. */
  readonly role?: Role;
  /** The exact rights of these users instead of a role's. */
  readonly permissions?: readonly string[];
  readonly accounts?: readonly SimulatedAccount[];
  /** The `Authorization` header that every request must have (`swarmui-protocol.md §1.4`). */
  readonly requiredAuthorization?: string;
  /** Refuses with redirects to `/Error/…`, as before 2025-12-25 (§2.3); default false. */
  readonly redirectsErrors?: boolean;
  /** Has the route GetGlobalStatus, as since 2025-09-02; default true. */
  readonly hasGlobalStatus?: boolean;
  /** What GetNewSession calls the version. */
  readonly version?: string;
  /** A graphics card in GetServerResourceInfo; default false, as without nvidia-smi. */
  readonly hasGpu?: boolean;
  /**
   * The user setting MaxImagesInMiniGrid: a request of 2 to so many images gets a grid of them as one
   * picture more (`swarmui-protocol.md §20.7`). Default 1: never.
   */
  readonly miniGridMax?: number;
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
  /** The longest time without a `keep_alive`, in milliseconds; default 30,000. */
  readonly keepAliveMs?: number;
  /** Is told of each request as it comes. */
  readonly onRequest?: (request: RequestRecord) => void;
  /** Moves all of the above; default: the real time. */
  readonly clock?: Clock;
}

/** All settings, with nothing left open. */
export interface Settings {
  readonly backends: readonly SimulatedBackend[];
  readonly models: readonly SimulatedModel[];
  readonly loras: readonly string[];
  readonly vaes: readonly string[];
  readonly stepMs: number;
  readonly loadMs: number;
  readonly role: Role;
  readonly permissions: readonly string[] | null;
  readonly accounts: readonly SimulatedAccount[];
  readonly requiredAuthorization: string | null;
  readonly redirectsErrors: boolean;
  readonly hasGlobalStatus: boolean;
  readonly version: string;
  readonly hasGpu: boolean;
  readonly miniGridMax: number;
  readonly closePauseMs: number;
  readonly assignmentGapMs: number;
  readonly noBackendMs: number;
  readonly handoverMs: number;
  readonly nodeMs: number;
  readonly saveMs: number;
  readonly firstFrameMs: number;
  readonly keepAliveMs: number;
  readonly onRequest: (request: RequestRecord) => void;
}

const DEFAULT_MODELS: readonly SimulatedModel[] = [
  {
    name: "sdxl/base.safetensors",
    standardWidth: 1024,
    standardHeight: 1024,
    architecture: "stable-diffusion-xl-v1-base",
  },
  { name: "tiny.safetensors" },
];

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} If a duration is negative or not a number, or there are too many backends.
 */
export function resolveSettings(options: SimulatorOptions): Settings {
  return {
    backends: typeof options.backends === "object"
      ? options.backends
      : Array.from({ length: backendCount(options.backends ?? 1) }, () => ({})),
    models: options.models ?? DEFAULT_MODELS,
    loras: options.loras ?? ["ink.safetensors", "style/detail.safetensors"],
    vaes: options.vaes ?? [],
    stepMs: checked("secondsPerStep", options.secondsPerStep ?? 0.15) * 1_000,
    loadMs: checked("loadSeconds", options.loadSeconds ?? 0.8) * 1_000,
    role: options.role ?? "owner",
    permissions: options.permissions ?? null,
    accounts: options.accounts ?? [],
    requiredAuthorization: options.requiredAuthorization ?? null,
    redirectsErrors: options.redirectsErrors ?? false,
    hasGlobalStatus: options.hasGlobalStatus ?? true,
    version: options.version ?? "0.9.8.2.GIT-062407c7",
    hasGpu: options.hasGpu ?? false,
    miniGridMax: checked("miniGridMax", options.miniGridMax ?? 1),
    closePauseMs: checked("closePauseMs", options.closePauseMs ?? 2_000),
    assignmentGapMs: checked("assignmentGapMs", options.assignmentGapMs ?? 1_600),
    noBackendMs: checked("noBackendMs", options.noBackendMs ?? 1_000),
    handoverMs: checked("handoverMs", options.handoverMs ?? 20),
    nodeMs: checked("nodeMs", options.nodeMs ?? 6),
    saveMs: checked("saveMs", options.saveMs ?? 3),
    firstFrameMs: checked("firstFrameMs", options.firstFrameMs ?? 60_000),
    keepAliveMs: checked("keepAliveMs", options.keepAliveMs ?? 30_000),
    onRequest: options.onRequest ?? (() => {}),
  };
}

const MOST = 1_000_000_000;
const MOST_BACKENDS = 100_000;

function backendCount(count: number): number {
  if (Number.isInteger(count) && count >= 0 && count <= MOST_BACKENDS) return count;
  throw new RangeError(`backends must be between 0 and ${MOST_BACKENDS}, not ${count}`);
}

function checked(name: string, value: number): number {
  if (value >= 0 && value <= MOST) return value;
  throw new RangeError(`${name} must be between 0 and ${MOST}, not ${value}`);
}
