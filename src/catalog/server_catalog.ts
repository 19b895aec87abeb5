/** The port for what a server can generate with, and what is known about each thing. */
import type { Backend } from "../detection/swarm_server.ts";
import type { Preset } from "../generation/server/server_parameter.ts";

/** Kinds of model files, as people name them on the command line. */
export const MODEL_TYPES = [
  "checkpoint",
  "lora",
  "vae",
  "embedding",
  "controlnet",
  "clip",
  "clipvision",
] as const;

/** A kind of model files. `checkpoint`: the main models, which make the images. */
export type ModelType = (typeof MODEL_TYPES)[number];

/** A model file as the server describes it. Foreign text; `null`: not given. */
export interface Model {
  /** With `/` separators and its file extension. */
  readonly name: string;
  readonly title: string | null;
  /** Whether a backend has it as its current model; only checkpoints ever are. */
  readonly loaded: boolean | null;
  /** SwarmUI's id of the architecture: `stable-diffusion-xl-v1-base`. */
  readonly architecture: string | null;
  /** The same for people: `Stable Diffusion XL 1.0-Base`. */
  readonly className: string | null;
  /** Models with the same value can be used together. */
  readonly compatibility: string | null;
  /** Standard size in pixels. */
  readonly standardWidth: number | null;
  readonly standardHeight: number | null;
  readonly author: string | null;
  readonly license: string | null;
  readonly description: string | null;
  readonly usageHint: string | null;
  /** Words that the prompt must contain for the model to take effect. */
  readonly triggerPhrase: string | null;
  readonly tags: readonly string[] | null;
  /** When it was published, as its author wrote it. */
  readonly date: string | null;
  /** False if only a remote backend has it. */
  readonly isLocal: boolean | null;
  /** Epoch milliseconds. */
  readonly createdAt: number | null;
  readonly modifiedAt: number | null;
  /** SHA-256 as `0x…`; the server computes it when a model is first described or used. */
  readonly hash: string | null;
}

/** A name, and the id of its architecture if that is known. */
export interface NamedModel {
  readonly name: string;
  readonly architecture: string | null;
}

/** All model files of one kind, in no particular order. */
export interface ModelList {
  readonly models: readonly Model[];
  /**
   * Of how many models only the name and the architecture are known, because the server cut its
   * list without saying so (`swarmui-protocol.md §20.9`); `null`: not known whether it did.
   */
  readonly namedOnly: number | null;
  /** How many entries of the server's list could not be read, and are left out. */
  readonly unreadable: number;
}

/** One of the values that a parameter can have. */
export interface Choice {
  /** For machines: `dpmpp_2m`. */
  readonly name: string;
  /** For people; `null`: not given. */
  readonly title: string | null;
}

/**
 * The names that a request may use. One question gets them all, whatever the size of the server.
 */
export interface Choices {
  /** Never cut. */
  readonly models: ReadonlyMap<ModelType, readonly NamedModel[]>;
  /** `null`: the server does not list them. */
  readonly samplers: readonly Choice[] | null;
  readonly schedulers: readonly Choice[] | null;
}

/**
 * A server that says what it has. Methods throw `ServerUnreachableError`, `ServerRefusedError`,
 * `ServerError` or `PermissionError`, with a message that says what could not be listed.
 */
export interface ServerCatalog {
  /** Normalised base URL without user info. */
  readonly url: string;
  /** All models of a kind. Needs the permission `fundamental_model_access`. */
  models(type: ModelType): Promise<ModelList>;
  /**
   * One model by its exact name; `null`: the server does not have it. The question makes the server
   * compute its hash. Needs the permission `fundamental_model_access`.
   */
  model(type: ModelType, name: string): Promise<Model | null>;
  /**
   * Names of models, samplers and schedulers. Needs the permission
   * `fundamental_generate_tab_access`.
   *
   * @param wanted Which of them are wanted, for the error: `samplers`.
   */
  choices(wanted: string): Promise<Choices>;
  /** The backends. Needs the permission `view_backends_list`. */
  backends(): Promise<readonly Backend[]>;
  /**
   * Makes the backends load a checkpoint, and waits until they have. Needs the permission
   * `load_models_now`.
   *
   * @param name Its exact name.
   * @throws The reason of the signal. This ends only the waiting; the server goes on loading.
   */
  load(name: string, signal: AbortSignal): Promise<void>;
  /** The presets of this user. Needs the permission `fundamental_generate_tab_access`. */
  presets(): Promise<readonly Preset[]>;
}
