/** The values that parameters of a request can have at the moment. */
import type { Backend } from "../backends/backend.ts";
import type { ModelKind } from "./model_kind.ts";
import { type Models, withoutExtension } from "./models.ts";
import type { Parameter } from "./parameter_table.ts";
import { SAMPLERS, SCHEDULERS } from "./samplers.ts";

/** What the server has to choose from. */
export interface Available {
  readonly models: Models;
  /** All backends, for their types. */
  readonly backends: readonly Backend[];
  /** The backends that can be chosen by id. */
  readonly usable: readonly Backend[];
}

/** The values of a parameter; `null` if it can have any. */
export function choicesOf(
  { source, choices }: Parameter,
  { models, backends, usable }: Available,
): readonly string[] | null {
  const names = (kind: ModelKind): readonly string[] =>
    models.list(kind).map(({ name }) => withoutExtension(name));
  switch (source) {
    case "samplers":
      return SAMPLERS.map(([value]) => value);
    case "schedulers":
      return SCHEDULERS.map(([value]) => value);
    case "backends":
      return usable.map(({ id }) => String(id));
    case "types":
      return ["Any", ...new Set(backends.map(({ type }) => type))];
    case "loras":
      return ["(None)", ...names("LoRA")];
    case "models":
      return [...names("Stable-Diffusion"), "(None)"];
    case "refiners":
      return ["(Use Base)", ...names("Stable-Diffusion")];
    case "vaes":
      return ["None", ...names("VAE")];
    default:
      return choices ?? null;
  }
}
