/** The model and the LoRAs of a request, found on the server by the names that the user typed. */
import { AppError } from "../../errors.ts";
import type {
  ImageRequest,
  ImageServer,
  ModelEntry,
} from "../../generation/server/image_server.ts";
import type { ServerParameter } from "../../generation/server/server_parameter.ts";
import type { ServerSession } from "../../generation/session.ts";
import { calledSo, chooseModel, findNamed, soleModel, unlisted } from "./choose.ts";
import type { LoraOption } from "./image_values.ts";
import { stemOf } from "./model_name.ts";

/** The server to ask. */
interface Asked {
  readonly server: Pick<ImageServer, "models" | "parameters">;
  readonly session: ServerSession;
}

/**
 * Finds the model. The server's default is asked for only if nothing else decides, because the answer
 * is large.
 *
 * @param wanted `null`: see `chooseModel()`.
 * @throws {UsageError} If there is no such model, or several.
 */
export async function findModel(wanted: string | null, asked: Asked): Promise<ModelEntry> {
  const models = await entriesFor(wanted === null ? [] : [wanted], "Stable-Diffusion", asked);
  const isOpen = wanted === null && models.length > 1 && soleModel(models) === null;
  const parameter = isOpen ? await toldParameter("model", asked) : undefined;
  return chooseModel(wanted, models, parameter?.fallback || null);
}

/**
 * Finds the LoRAs.
 *
 * @throws {UsageError} If there is no such LoRA, or several.
 */
export async function findLoras(
  wanted: readonly LoraOption[],
  asked: Asked,
): Promise<Pick<ImageRequest, "loras">> {
  if (wanted.length === 0) return {};
  const known = await entriesFor(wanted.map(({ name }) => name), "LoRA", asked);
  return {
    loras: wanted.map(({ name, weight }) => ({
      name: stemOf(findNamed(name, known, "LoRA").name),
      weight: weight ?? 1,
    })),
  };
}

/**
 * The models or LoRAs among which names are searched. SwarmUI cuts its list of them without saying
 * so (`swarmui-protocol.md §20.9`), so names that are not in it are searched among the parameters
 * too.
 */
async function entriesFor(
  wanted: readonly string[],
  kind: "Stable-Diffusion" | "LoRA",
  asked: Asked,
): Promise<readonly ModelEntry[]> {
  const listed = await asked.server.models(asked.session, kind);
  if (wanted.every((name) => calledSo(name, listed).length > 0)) return listed;
  const parameter = await toldParameter(kind === "LoRA" ? "loras" : "model", asked);
  const known = new Set(listed.map(({ name }) => stemOf(name)));
  const cut = (parameter?.choices ?? []).filter((name) =>
    name !== "(None)" && !known.has(stemOf(name))
  );
  return [...listed, ...cut.map(unlisted)];
}

/** A parameter; `undefined`: the server has none, or does not tell. */
async function toldParameter(
  id: string,
  { server, session }: Asked,
): Promise<ServerParameter | undefined> {
  try {
    return (await server.parameters(session)).find((parameter) => parameter.id === id);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
