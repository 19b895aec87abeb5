/** What the parameters of a request may be at this moment. */
import type { Backend } from "../backends/backend.ts";
import type { ModelKind } from "./model_kind.ts";
import { type Models, withoutExtension } from "./models.ts";
import type { Parameter } from "./parameter_table.ts";
import { SAMPLERS, SCHEDULERS } from "./samplers.ts";

/** What the server has to choose from. */
export interface Available {
  readonly models: Models;
  /** All of them, for their types. */
  readonly backends: readonly Backend[];
  /** Those that may be asked for by their ids. */
  readonly usable: readonly Backend[];
}

/** What a parameter may be; `null` if it may be anything. */
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
