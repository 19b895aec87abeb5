/** An image parameter as ListT2IParams lists it (`swarmui-protocol.md §7.4`). */
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import type { Parameter } from "./parameter_table.ts";
import { type Choice, SAMPLERS, SCHEDULERS } from "./samplers.ts";

/** What sort of model a parameter names. */
const SUBTYPES: Readonly<Record<string, string>> = {
  loras: "LoRA",
  models: "Stable-Diffusion",
  refiners: "Stable-Diffusion",
  vaes: "VAE",
};
/** Choices that have names for people. */
const LABELLED: Readonly<Record<string, readonly Choice[]>> = {
  samplers: SAMPLERS,
  schedulers: SCHEDULERS,
};

/** The recorded parameters and their groups; the rest has SwarmUI's usual values. */
export interface ParameterRecords {
  readonly groups: readonly JsonObject[];
  /** By the id of the parameter. */
  readonly parameters: ReadonlyMap<string, JsonObject>;
}

/** Reads the records; needed only to list parameters. */
export async function readParameterRecords(): Promise<ParameterRecords> {
  const { default: records } = await import("./parameter_records.json", {
    with: { type: "json" },
  });
  const parameters = Object.entries<unknown>(records.parameters).flatMap(([id, record]) =>
    isJsonObject(record) ? [[id, record] as const] : []
  );
  return { groups: records.groups, parameters: new Map(parameters) };
}

/** @param options.choices Its possible values; `null` if it can have any. */
export function parameterToWire(
  parameter: Parameter,
  options: { readonly choices: readonly string[] | null; readonly records: ParameterRecords },
): JsonObject {
  const { source, range } = parameter;
  const [min, max] = range ?? [0, 0];
  const choices = source === "models" ? null : options.choices;
  const values = source === "vaes" ? ["Automatic", ...choices ?? []] : choices;
  return {
    name: parameter.name,
    id: parameter.id,
    description: "",
    type: parameter.kind,
    subtype: SUBTYPES[source ?? ""] ?? null,
    default: parameter.fallback,
    min: Number(min),
    max: Number(max),
    view_min: 0,
    view_max: 0,
    step: 1,
    values,
    value_names: LABELLED[source ?? ""]?.map(([, label]) => label) ?? values,
    examples: range === undefined ? null : [parameter.fallback],
    visible: true,
    advanced: false,
    feature_flag: null,
    toggleable: false,
    priority: 10,
    group: null,
    always_retain: false,
    do_not_save: false,
    do_not_preview: false,
    view_type: "small",
    extra_hidden: false,
    can_sectionalize: false,
    nonreusable: false,
    depend_non_default: null,
    ...options.records.parameters.get(parameter.id),
  };
}
