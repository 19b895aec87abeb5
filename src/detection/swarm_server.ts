/** The port through which detection asks a SwarmUI server. Every question is bounded in time. */
import type { Counters } from "../generation/counters.ts";
import type { ServerSession } from "../generation/session.ts";
import type { Answer } from "./answer.ts";

/** One entry of ListBackends (`swarmui-protocol.md §6`). */
export interface Backend {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  /** `running` means ready, busy or not; `idle` means unreachable. */
  readonly status: string;
  readonly enabled: boolean;
  readonly modelLoaded: string | null;
  /** From the backend's settings; `null` if it does not say. */
  readonly gpu: string | null;
  /** Whole seconds since it was last claimed or released; `null` if never used or not said. */
  readonly secondsSinceUsed: number | null;
}

/** Says whether a backend is ComfyUI, so that its own queue can be asked. */
export function isComfyBackend(backend: Backend): boolean {
  return backend.type.startsWith("comfyui");
}

/** Totals of the model list. */
export interface ModelTotals {
  readonly count: number;
  readonly loaded: number;
}

/** GetServerResourceInfo (`swarmui-protocol.md §7.5`). */
export interface ServerResources {
  /** Fraction 0–1 of SwarmUI's own process. */
  readonly cpuUsage: number | null;
  readonly ramUsedBytes: number | null;
  /** Empty where the server has no nvidia-smi. */
  readonly gpus: readonly {
    readonly id: number;
    readonly name: string;
    /** Fraction 0–1. */
    readonly utilization: number | null;
    readonly vramUsedBytes: number | null;
  }[];
}

/** ComfyUI's own queue of one backend. `dead`: the backend is there, its ComfyUI is not. */
export type ComfyQueue =
  | { readonly dead: false; readonly remaining: number }
  | { readonly dead: true };

/** What is known of the server from the session for questions; it may be a day old. */
export interface ServerIdentity {
  readonly version: string | null;
  readonly serverId: string | null;
  /** When the session was made, epoch milliseconds. */
  readonly asOf: number;
}

/** A SwarmUI server, asked with this user's credentials. No method throws. */
export interface SwarmServer {
  /** Normalised base URL without user info. */
  readonly url: string;
  /** GetGlobalStatus: the sums over all sessions of all users. */
  globalCounters(): Promise<Answer<Counters>>;
  /** ListBackends. */
  backends(): Promise<Answer<readonly Backend[]>>;
  /** ListModels, counted. */
  modelTotals(): Promise<Answer<ModelTotals>>;
  /** GetServerResourceInfo. */
  resources(): Promise<Answer<ServerResources>>;
  /**
   * ComfyUI's queue length (`swarmui-protocol.md §6.1`).
   *
   * @param backendId Which backend; `null`: the first running one.
   */
  comfyQueue(backendId: number | null): Promise<Answer<ComfyQueue>>;
  /**
   * GetCurrentStatus with a generation's own session. `gone`: the server does not know the session
   * any more, so it does no work for it. It is sent to the session's own address and nowhere else.
   */
  sessionCounters(session: ServerSession): Promise<Answer<Counters | "gone">>;
  /** What the session for questions says of the server; `null` while there is none. */
  identity(): ServerIdentity | null;
  /** Makes a new session for questions, so that `identity()` is of this moment. */
  renewIdentity(): Promise<Answer<ServerIdentity>>;
}
