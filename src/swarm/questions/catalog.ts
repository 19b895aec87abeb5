/** Lists what a server can generate with: the port `ServerCatalog`. Not loaded by `status`. */
import type {
  Choices,
  Model,
  ModelList,
  ModelType,
  NamedModel,
  ServerCatalog,
} from "../../catalog/server_catalog.ts";
import type { Answer } from "../../detection/answer.ts";
import type { Backend } from "../../detection/swarm_server.ts";
import type { Preset } from "../../generation/server/server_parameter.ts";
import type { SwarmOptions } from "../http/swarm_options.ts";
import { choicesOfCatalog, choicesOfPresets, rememberChoices } from "../remember_choices.ts";
import {
  decodeCatalogChoices,
  decodeLoadedModels,
  decodeModel,
  decodeModelFiles,
  SUB_TYPES,
} from "../wire/catalog_answers.ts";
import { decodePresets } from "../wire/preset_answers.ts";
import { decodeBackends } from "../wire/server_answers.ts";
import { toNoAnswer } from "../wire/failure.ts";
import { answerOrError } from "./answer_or_error.ts";
import { SessionCaller } from "./session_caller.ts";

/** The deepest level of folders that SwarmUI lists (`swarmui-protocol.md §7.1`). */
const DEPTH = 20;
/** SwarmUI's error for a model that it does not have. */
const NOT_FOUND = "Model not found.";

/**
 * Connects the lists to a server, with the session for questions. Sends nothing by itself.
 *
 * @throws {UsageError} If the address or the credentials cannot be used.
 */
export function createCatalog(options: SwarmOptions): ServerCatalog {
  return new SwarmCatalog(options);
}

class SwarmCatalog implements ServerCatalog {
  readonly url: string;
  readonly #options: SwarmOptions;
  readonly #caller: SessionCaller;

  constructor(options: SwarmOptions) {
    this.#options = options;
    this.#caller = new SessionCaller(options);
    this.url = this.#caller.transport.url;
  }

  /**
   * SwarmUI cuts its list, by default after 5,001 models, in no order and without saying so
   * (§20.9). The names of all models are also among the parameters, so both are asked for at once,
   * and models that are only among the parameters were cut.
   */
  async models(type: ModelType): Promise<ModelList> {
    const body = { path: "", depth: DEPTH, subtype: SUB_TYPES[type] };
    const [listed, choices] = await Promise.all([
      this.#caller.ask("ListModels", body, decodeModelFiles),
      this.#askChoices(),
    ]);
    const { entries: models, unreadable } = answerOrError(
      listed,
      `Cannot list the models of ${this.url}`,
    );
    if (!choices.answered) return { models, namedOnly: null, unreadable };
    const known = new Set(models.map(({ name }) => bareName(name)));
    const named = (choices.value.models.get(type) ?? [])
      .filter(({ name }) => !known.has(bareName(name)));
    if (named.length === 0) return { models, namedOnly: 0, unreadable };
    const loaded = await this.#loadedAmong(type, known);
    const told = new Set(loaded.map(({ name }) => bareName(name)));
    const left = named.filter(({ name }) => !told.has(bareName(name)));
    const all = [...models, ...loaded, ...left.map(onlyNamed)];
    return { models: all, namedOnly: left.length, unreadable };
  }

  async model(type: ModelType, name: string): Promise<Model | null> {
    const body = { modelName: name, subtype: SUB_TYPES[type] };
    const answer = await this.#caller.ask("DescribeModel", body, decodeModel);
    if (!answer.answered && answer.message === NOT_FOUND) return null;
    const model = answerOrError(answer, `Cannot look the model up on ${this.url}`);
    if (model.hash !== null) return model;
    // The first question made the server compute it, and may have been answered earlier (§7.1).
    const again = await this.#caller.ask("DescribeModel", body, decodeModel);
    return again.answered ? again.value : model;
  }

  async choices(wanted: string): Promise<Choices> {
    const answer = await this.#askChoices();
    return answerOrError(answer, `Cannot list the ${wanted} of ${this.url}`);
  }

  async backends(): Promise<readonly Backend[]> {
    const answer = await this.#caller.ask("ListBackends", { full_data: true }, decodeBackends);
    return answerOrError(answer, `Cannot list the backends of ${this.url}`);
  }

  async load(name: string, signal: AbortSignal): Promise<void> {
    const { loadModel } = await import("./model_load.ts");
    const parts = { caller: this.#caller, options: this.#options, name, signal };
    const outcome = await loadModel(parts);
    answerOrError(
      outcome.ok ? { answered: true, value: true, elapsedMs: 0 } : toNoAnswer(outcome, 0),
      `Cannot load ${name} on ${this.url}`,
    );
  }

  async presets(): Promise<readonly Preset[]> {
    const answer = await this.#caller.ask("GetMyUserData", {}, decodePresets);
    const presets = answerOrError(answer, `Cannot list the presets of ${this.url}`);
    await this.#remember(choicesOfPresets(presets));
    return presets;
  }

  async #askChoices(): Promise<Answer<Choices>> {
    const answer = await this.#caller.ask("ListT2IParams", {}, decodeCatalogChoices);
    if (answer.answered) await this.#remember(choicesOfCatalog(answer.value));
    return answer;
  }

  async #remember(choices: ReadonlyMap<string, readonly string[]>): Promise<void> {
    const options = this.#options;
    await rememberChoices(choices, { options, serverUrl: this.url, isWhole: false });
  }

  /**
   * The loaded models that were cut from the list: the server describes those in full elsewhere.
   */
  async #loadedAmong(type: ModelType, known: ReadonlySet<string>): Promise<readonly Model[]> {
    if (type !== "checkpoint") return [];
    const loaded = await this.#caller.ask("ListLoadedModels", {}, decodeLoadedModels);
    return loaded.answered ? loaded.value.filter(({ name }) => !known.has(bareName(name))) : [];
  }
}

/**
 * A name in the form that both lists share: parameters name a model with or without this ending
 * (§20.9).
 */
function bareName(name: string): string {
  return name.replace(/\.safetensors$/, "");
}

function onlyNamed({ name, architecture }: NamedModel): Model {
  return {
    name,
    architecture,
    title: null,
    loaded: null,
    className: null,
    compatibility: null,
    standardWidth: null,
    standardHeight: null,
    author: null,
    license: null,
    description: null,
    usageHint: null,
    triggerPhrase: null,
    tags: null,
    date: null,
    isLocal: null,
    createdAt: null,
    modifiedAt: null,
    hash: null,
  };
}
