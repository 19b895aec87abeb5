/** The port through which detection asks a SwarmUI server. Every question has a time limit. */
import type { Counters } from "../generation/server/counters.ts";
import type { ServerSession } from "../generation/session.ts";
import type { Answer } from "./answer.ts";

/** SwarmUI's type of a backend that is another SwarmUI (`swarmui-protocol.md §20.4`). */
const REMOTE_TYPE = "swarmswarmbackend";

/** One entry of ListBackends (`swarmui-protocol.md §6`). */
export interface Backend {
  /** Negative: a child that belongs to a remote SwarmUI. */
  readonly id: number;
  readonly type: string;
  readonly title: string;
  /** `running` means ready, whether it is busy or not; `idle` means unreachable. */
  readonly status: string;
  readonly enabled: boolean;
  readonly modelLoaded: string | null;
  /** From the backend's settings; `null` if it does not say. */
  readonly gpu: string | null;
  /**
   * Whole seconds since it was last claimed or released; `null` if it was never used or this is not
   * known.
   */
  readonly secondsSinceUsed: number | null;
  /** Address of a remote SwarmUI, as the backend's settings give it; absent: not given. */
  readonly remoteUrl?: string;
}

/** The type and the status of a backend of which the server says nothing that could be read. */
export const UNREADABLE = "unreadable";

/** Says whether a backend is ComfyUI, so that its own queue can be asked. */
export function isComfyBackend(backend: Backend): boolean {
  return backend.type.startsWith("comfyui");
}

/** Says whether a backend is another SwarmUI, or one of the children of one. */
export function isRemoteBackend(backend: Backend): boolean {
  return backend.type === REMOTE_TYPE;
}

/** Says whether a backend is a child of a remote SwarmUI, not a backend of this server. */
export function isChild(backend: Backend): boolean {
  return isRemoteBackend(backend) && backend.id < 0;
}

/**
 * The backend id of the remote SwarmUI that a child belongs to; `null` if it is not known. Its
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
  /** The server cut its list, so that there may be more of both. @default {false} */
  readonly isAtLeast?: boolean;
}

/** GetServerResourceInfo (`swarmui-protocol.md §7.5`). */
export interface ServerResources {
  /** Fraction 0–1 of SwarmUI's own process. */
  readonly cpuUsage: number | null;
  readonly ramUsedBytes: number | null;
  /** Empty if the server has no nvidia-smi. */
  readonly gpus: readonly {
    readonly id: number;
    readonly name: string;
    /** Fraction 0–1. */
    readonly utilization: number | null;
    readonly vramUsedBytes: number | null;
  }[];
}

/**
 * ComfyUI's own queue of one backend (`swarmui-protocol.md §6.1, §20.2`). `dead`: the backend
 * exists, but its ComfyUI does not answer SwarmUI. `withheld`: SwarmUI does not ask the ComfyUI,
 * because the backend is off, or about to be restarted or switched off.
 */
export type ComfyQueue =
  | { readonly kind: "jobs"; readonly remaining: number }
  | { readonly kind: "dead" | "withheld" };

/** How many jobs an answer tells of; `null`: there is none, or it tells of no number. */
export function jobsIn(answer: Answer<ComfyQueue> | null | undefined): number | null {
  return answer?.answered && answer.value.kind === "jobs" ? answer.value.remaining : null;
}

/** What is known about the server from the session for questions; it may be a day old. */
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
   * @param backendId Which backend; `null`: the first running one. For every child of a remote
   * SwarmUI the answer is the queue of that SwarmUI's first ComfyUI (§20.4).
   */
  comfyQueue(backendId: number | null): Promise<Answer<ComfyQueue>>;
  /**
   * GetCurrentStatus with a generation's own session. `gone`: the server no longer knows the
   * session, so it has no work for it. The session is sent only to its own address.
   */
  sessionCounters(session: ServerSession): Promise<Answer<Counters | "gone">>;
  /** What the session for questions says about the server; `null` until there is one. */
  identity(): ServerIdentity | null;
  /**
   * When this user's looks first saw each backend switched off, in epoch milliseconds by backend
   * id. Kept beside the session for questions.
   */
  offSince(): ReadonlyMap<number, number>;
  /**
   * Keeps these times for later looks.
   *
   * @returns Whether they could be kept.
   */
  keepOffSince(offSince: ReadonlyMap<number, number>): Promise<boolean>;
  /** Makes a new session for questions, so that `identity()` is up to date. */
  renewIdentity(): Promise<Answer<ServerIdentity>>;
}
