/** What a server has to generate with: the port, and what is told of each thing. */
import type { Backend } from "../detection/swarm_server.ts";
import type { Preset } from "../generation/preset.ts";

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

/** A kind of model files. `checkpoint`: the main models, with which images are made. */
export type ModelType = (typeof MODEL_TYPES)[number];

/** A model file as the server tells of it. Foreign text; `null`: not told. */
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
  /** Models with the same one go together. */
  readonly compatibility: string | null;
  /** Standard size in pixels. */
  readonly standardWidth: number | null;
  readonly standardHeight: number | null;
  readonly author: string | null;
  readonly license: string | null;
  readonly description: string | null;
  readonly usageHint: string | null;
  /** Words that a prompt must hold for it to take effect. */
  readonly triggerPhrase: string | null;
  readonly tags: readonly string[] | null;
  /** When it was published, as its maker wrote it. */
  readonly date: string | null;
  /** False if only a remote backend has it. */
  readonly isLocal: boolean | null;
  /** Epoch milliseconds. */
  readonly createdAt: number | null;
  readonly modifiedAt: number | null;
  /** SHA-256 as `0x…`; the server computes it when a model is first described or used. */
  readonly hash: string | null;
}

/** A name, and the id of its architecture if that is told. */
export interface NamedModel {
  readonly name: string;
  readonly architecture: string | null;
}

/** All model files of one kind, in no order. */
export interface ModelList {
  readonly models: readonly Model[];
  /**
   * Of how many only the name and the architecture are told, for the server cut its list of the others
   * without a word (`swarmui-protocol.md §20.9`); `null`: whether it did is not known.
   */
  readonly namedOnly: number | null;
}

/** One of the values that a parameter may have. */
export interface Choice {
  /** For machines: `dpmpp_2m`. */
  readonly name: string;
  /** For people; `null`: not told. */
  readonly title: string | null;
}

/** What a request may name. One question answers it, whatever the server's size. */
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
  /** All models of a kind; needs the right `fundamental_model_access`. */
  models(type: ModelType): Promise<ModelList>;
  /**
   * One model by its exact name; `null`: the server has none such. Asking has the server compute its
   * hash. Needs `fundamental_model_access`.
   */
  model(type: ModelType, name: string): Promise<Model | null>;
  /**
   * Names of models, samplers and schedulers; needs `fundamental_generate_tab_access`.
   *
   * @param wanted Which of them are wanted, for the error: `samplers`.
   */
  choices(wanted: string): Promise<Choices>;
  /** The backends; needs `view_backends_list`. */
  backends(): Promise<readonly Backend[]>;
  /**
   * Has the backends load a checkpoint, and waits until they have; needs `load_models_now`.
   *
   * @param name Its exact name.
   * @throws The reason of the signal: nobody waits any more, the server goes on.
   */
  load(name: string, signal: AbortSignal): Promise<void>;
  /** The presets of this user; needs `fundamental_generate_tab_access`. */
  presets(): Promise<readonly Preset[]>;
}
