/** Routes about models, parameters and their loading (`swarmui-protocol.md §7.1–§7.4`). */
import type { JsonObject } from "../../json_object.ts";
import { MODEL_KINDS, type ModelKind } from "../models/model_kind.ts";
import { hashOf, type Model, modelToWire } from "../models/models.ts";
import { choicesOf } from "../models/parameter_choices.ts";
import { PARAMETERS } from "../models/parameter_table.ts";
import { valueText } from "../models/parameter_value.ts";
import { parameterToWire, readParameterRecords } from "../models/parameter_wire.ts";
import type { Swarm } from "../swarm.ts";
import { RouteError } from "./refusals.ts";
import { type ApiCall, integerOf, type Route, route, textOf } from "./route.ts";
import { statusToWire } from "./server_status.ts";

const MAX_DEPTH = 20;
/** Listed with the kinds of models, although it is not one; a simulated server has none. */
const WILDCARDS = "Wildcards";
const SORT_MODES: ReadonlySet<string> = new Set([
  "name",
  "title",
  "datecreated",
  "datemodified",
]);

/** All routes of this kind. */
export const MODEL_ROUTES: readonly Route[] = [
  route("ListModels", "fundamental_model_access", listModels),
  route("DescribeModel", "fundamental_model_access", ({ swarm, body }) => {
    const name = textOf(body, "modelName");
    const model = swarm.models.find(kindOf(body), name);
    if (model === null) throw new RouteError("Model not found.");
    const described = toWire(swarm, model);
    swarm.models.computeHash(model);
    return { model: described };
  }),
  route("ListLoadedModels", "fundamental_model_access", ({ swarm }) => {
    const loaded = swarm.models.list("Stable-Diffusion").filter((model) => isLoaded(swarm, model));
    return { models: loaded.map((model) => toWire(swarm, model)) };
  }),
  route("ListT2IParams", "fundamental_generate_tab_access", listParameters),
  route("SelectModel", "load_models_now", async (call) => {
    const model = wantedModel(call);
    return await select(call, { model, onStart: () => {} });
  }),
  {
    kind: "socket",
    name: "SelectModelWS",
    right: "load_models_now",
    run: async (call, socket) => {
      const model = wantedModel(call);
      const { swarm, session } = call;
      const status = (): Promise<void> =>
        socket.send(JSON.stringify(statusToWire(swarm, session.counters)));
      const result = await select(call, { model, onStart: status });
      await socket.send(JSON.stringify(result));
      await status();
    },
  },
];

function listModels({ swarm, body }: ApiCall): JsonObject {
  const path = textOf(body, "path");
  const depth = Math.min(MAX_DEPTH, Math.max(1, integerOf(body, "depth")));
  const kind = body.subtype === WILDCARDS ? null : kindOf(body);
  const sortBy = "sortBy" in body ? valueText(body.sortBy) : "Name";
  if (!SORT_MODES.has(sortBy.toLowerCase())) {
    throw new RouteError(`Invalid sort mode '${sortBy}'.`);
  }
  const prefix = path === "" || path.endsWith("/") ? path : `${path}/`;
  const listed = kind === null ? [] : cutList(swarm.models.list(kind), swarm.settings.modelListCap);
  const below = listed.filter(({ name }) => name.startsWith(prefix));
  const files = below.filter(({ name }) => name.slice(prefix.length).split("/").length <= depth);
  const folders = new Set<string>();
  for (const { name } of below) {
    const parents = name.slice(prefix.length).split("/").slice(0, -1);
    for (let level = 1; level <= Math.min(parents.length, depth - 1); level++) {
      folders.add(parents.slice(0, level).join("/"));
    }
  }
  if (valueText(body.sortReverse) === "true") files.reverse();
  return {
    folders: [...folders],
    files: files.map((model) => toWire(swarm, model)),
  };
}

/** SwarmUI stops one model after its limit, wherever it is then (§20.9). */
function cutList(models: readonly Model[], cap: number): readonly Model[] {
  if (models.length <= cap) return models;
  return models.toSorted((one, other) => hashOf(one) < hashOf(other) ? -1 : 1).slice(0, cap + 1);
}

/** @throws {RouteError} If there is no such kind. */
function kindOf(body: JsonObject): ModelKind {
  const name = "subtype" in body ? valueText(body.subtype) : "Stable-Diffusion";
  const kind = MODEL_KINDS.find((each) => each === name);
  if (kind === undefined) throw new RouteError("Invalid sub-type.");
  return kind;
}

function toWire(swarm: Swarm, model: Model): JsonObject {
  return modelToWire(model, {
    isLoaded: isLoaded(swarm, model),
    hasHash: swarm.models.hasHash(model),
  });
}

function isLoaded(swarm: Swarm, model: Model): boolean {
  return model.kind === "Stable-Diffusion" &&
    swarm.boot.pool.backends.some((backend) => backend.model === model.name);
}

/** @throws {RouteError} If there is no such model. */
function wantedModel({ swarm, body }: ApiCall): Model {
  const model = swarm.models.find("Stable-Diffusion", textOf(body, "model"));
  if (model === null) throw new RouteError("Model not found.");
  return model;
}

/**
 * Loads a model on all running backends. The session's counters show a load for each existing
 * backend, until all are done (§5.1).
 */
async function select(
  { swarm, session, body }: ApiCall,
  options: { readonly model: Model; readonly onStart: () => void },
): Promise<JsonObject> {
  const { pool } = swarm.boot;
  const backendId = "backendId" in body ? valueText(body.backendId) : null;
  const claim = session.claim(0);
  for (const { isController } of pool.backends) if (!isController) claim.extend("loading_models");
  swarm.changed.ring();
  try {
    options.onStart();
    const isDone = await pool.loadEverywhere(options.model.name, backendId);
    return isDone ? { success: true } : { error: "Model failed to load." };
  } finally {
    claim.release();
    swarm.changed.ring();
  }
}

async function listParameters({ swarm, session }: ApiCall): Promise<JsonObject> {
  const records = await readParameterRecords();
  const { models, boot: { pool: { backends } } } = swarm;
  const available = { models, backends, usable: backends };
  const visible = PARAMETERS.filter(({ right }) => right === undefined || session.user.may(right));
  return {
    list: visible.map((parameter) => ({
      ...parameterToWire(parameter, { choices: choicesOf(parameter, available), records }),
      ...(parameter.id === "model" ? { default: swarm.settings.defaultModel } : {}),
    })),
    groups: records.groups,
    models: Object.fromEntries(
      MODEL_KINDS.map((kind) => [
        kind,
        models.list(kind).map(({ name, architecture }) => [name, architecture]),
      ]),
    ),
    model_compat_classes: {},
    model_classes: {},
    wildcards: [],
    param_edits: null,
  };
}
