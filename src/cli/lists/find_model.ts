import type { ModelType, NamedModel, ServerCatalog } from "../../catalog/server_catalog.ts";
import { ServerRefusedError, UsageError } from "../../errors.ts";
import type { Backend } from "../../detection/swarm_server.ts";
import { calledSo } from "../generate/choose.ts";
import { closestHint } from "../generate/closest_name.ts";
import { quote, readText } from "../values.ts";

/** How many names are shown at most. */
const SHOWN_MAX = 5;

/** The argument that names a model. */
export const MODEL_ARGUMENT = {
  placeholder: "NAME",
  brief: "The model, as models list names it",
  isRequired: true,
  completes: "model",
  read: readText,
} as const;

/** A model file by its exact name. */
export interface FoundModel {
  readonly type: ModelType;
  readonly name: string;
}

/**
 * Finds a model by its name: in full, without its file extension, in another case, or without its
 * folders if that is unique.
 *
 * @param type The only kind to search; `null`: any.
 * @throws {UsageError} If there is none, or several; names them, or the closest.
 */
function findModel(
  wanted: string,
  names: ReadonlyMap<ModelType, readonly NamedModel[]>,
  type: ModelType | null,
): FoundModel {
  const all = [...names].flatMap(([kind, models]) =>
    models.map(({ name }): FoundModel => ({ type: kind, name }))
  );
  const meant = type === null ? all : all.filter((model) => model.type === type);
  const called = calledSo(wanted, meant);
  const [only] = called;
  if (only !== undefined && called.length === 1) return only;
  if (called.length > 1) {
    const shown = called.slice(0, SHOWN_MAX).map((model) => `${model.type} ${quote(model.name)}`);
    const more = called.length > SHOWN_MAX ? ", …" : "";
    throw new UsageError(
      `Cannot tell which model ${quote(wanted)} is: ${called.length} have this name ` +
        `(${shown.join(", ")}${more}; give the full name, or --type)`,
    );
  }
  const [other] = calledSo(wanted, all);
  const hint = other === undefined
    ? closestHint(wanted, meant.map(({ name }) => name))
    : `but a model of type ${other.type}: --type ${other.type}`;
  const noun = type === null ? "model" : `model of type ${type}`;
  throw new UsageError(`Cannot find ${quote(wanted)}: the server has no such ${noun} (${hint})`);
}

/**
 * Finds a model among all that a server has. A user who may not see their names must give the exact
 * one.
 *
 * @throws As `findModel()`.
 */
export async function findOnServer(
  catalog: ServerCatalog,
  wanted: string,
  type: ModelType | null,
): Promise<FoundModel> {
  try {
    const { models } = await catalog.choices("models");
    return findModel(wanted, models, type);
  } catch (error) {
    if (!(error instanceof ServerRefusedError)) throw error;
    return { type: type ?? "checkpoint", name: wanted };
  }
}

/** The backends that have a checkpoint loaded; `null`: this user may not see backends. */
export async function backendsWith(
  catalog: ServerCatalog,
  name: string,
): Promise<readonly Backend[] | null> {
  try {
    return (await catalog.backends()).filter(({ modelLoaded }) => modelLoaded === name);
  } catch (error) {
    if (!(error instanceof ServerRefusedError)) throw error;
    return null;
  }
}
