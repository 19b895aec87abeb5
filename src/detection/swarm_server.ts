/** The port through which detection asks a SwarmUI server. Every question is bounded in time. */
import type { Counters } from "../generation/counters.ts";
import type { ServerSession } from "../generation/session.ts";
import type { Answer } from "./answer.ts";

/** SwarmUI's type of a backend that is another SwarmUI (`swarmui-protocol.md §20.4`). */
const REMOTE_TYPE = "swarmswarmbackend";

/** One entry of ListBackends (`swarmui-protocol.md §6`). */
export interface Backend {
  /** Below zero: a child that a remote SwarmUI brought along. */
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
  /** Of another SwarmUI: its address as it stands in the backend's settings; absent: not said. */
  readonly remoteUrl?: string;
}

/** Says whether a backend is ComfyUI, so that its own queue can be asked. */
export function isComfyBackend(backend: Backend): boolean {
  return backend.type.startsWith("comfyui");
}

/** Says whether a backend is another SwarmUI, or one of the children that it brought along. */
export function isRemoteBackend(backend: Backend): boolean {
  return backend.type === REMOTE_TYPE;
}

/** Says whether a backend is a child of a remote SwarmUI, not a backend of this server. */
export function isChild(backend: Backend): boolean {
  return isRemoteBackend(backend) && backend.id < 0;
}

/**
 * The id of the remote SwarmUI's backend that a child belongs to; `null` if it does not say. Its
 * title is the only link: `[Remote from 0: …] …` (`swarmui-protocol.md §20.4`).
 */
export function controllerOf(child: Backend): number | null {
  const [, id] = /^\[Remote from (\d{1,9}): /.exec(child.title) ?? [];
  return id === undefined ? null : Number(id);
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

/**
 * ComfyUI's own queue of one backend (`swarmui-protocol.md §6.1, §20.2`). `dead`: the backend is
 * there, its ComfyUI does not answer SwarmUI. `withheld`: SwarmUI does not ask the ComfyUI, because
 * the backend is off, or about to be restarted or switched off.
 */
export type ComfyQueue =
  | { readonly kind: "jobs"; readonly remaining: number }
  | { readonly kind: "dead" | "withheld" };

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
  /** ListBackends, with the children of remote SwarmUIs. */
  backends(): Promise<Answer<readonly Backend[]>>;
  /** ListModels, counted. */
  modelTotals(): Promise<Answer<ModelTotals>>;
  /** GetServerResourceInfo. */
  resources(): Promise<Answer<ServerResources>>;
  /**
   * ComfyUI's queue length (`swarmui-protocol.md §6.1`).
   *
   * @param backendId Which backend; `null`: the first running one. A child of a remote SwarmUI
   * answers with the queue of its remote's first ComfyUI, whichever child it is (§20.4).
   */
  comfyQueue(backendId: number | null): Promise<Answer<ComfyQueue>>;
  /**
   * GetCurrentStatus with a generation's own session. `gone`: the server does not know the session
   * any more, so it does no work for it. It is sent to the session's own address and nowhere else.
   */
  sessionCounters(session: ServerSession): Promise<Answer<Counters | "gone">>;
  /** What the session for questions says of the server; `null` while there is none. */
  identity(): ServerIdentity | null;
  /**
   * When this user's looks first saw each backend switched off, epoch milliseconds by its id, as it
   * is kept beside the session for questions.
   */
  offSince(): ReadonlyMap<number, number>;
  /**
   * Keeps that for later looks.
   *
   * @returns Whether it could be kept.
   */
  keepOffSince(offSince: ReadonlyMap<number, number>): Promise<boolean>;
  /** Makes a new session for questions, so that `identity()` is of this moment. */
  renewIdentity(): Promise<Answer<ServerIdentity>>;
}
