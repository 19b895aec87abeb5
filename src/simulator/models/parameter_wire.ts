/** An image parameter as ListT2IParams lists it (`swarmui-protocol.md §7.4`). */
import { isJsonObject, type JsonObject } from "../json.ts";
import type { Parameter } from "./parameter_table.ts";
import { type Choice, SAMPLERS, SCHEDULERS } from "./samplers.ts";

/** What was recorded of parameters and their groups; the rest has SwarmUI's usual values. */
export interface ParameterRecords {
  readonly groups: readonly JsonObject[];
  /** By the id of the parameter. */
  readonly parameters: ReadonlyMap<string, JsonObject>;
}

/** Reads the records; only who lists parameters needs them. */
export async function readParameterRecords(): Promise<ParameterRecords> {
  const { default: records } = await import("./parameter_records.json", {
    with: { type: "json" },
  });
  const parameters = Object.entries<unknown>(records.parameters).flatMap(([id, record]) =>
    isJsonObject(record) ? [[id, record] as const] : []
  );
  return { groups: records.groups, parameters: new Map(parameters) };
}

/** @param options.choices What it may be; `null` if it may be anything. */
export function parameterToWire(
  parameter: Parameter,
  options: { readonly choices: readonly string[] | null; readonly records: ParameterRecords },
): JsonObject {
  const { choices } = options;
  const [min, max] = parameter.range ?? [0, 0];
  const labelled: readonly Choice[] | undefined = parameter.source === "samplers"
    ? SAMPLERS
    : parameter.source === "schedulers"
    ? SCHEDULERS
    : undefined;
  const isMainModel = parameter.source === "models";
  const values = parameter.source === "vaes"
    ? ["Automatic", ...choices ?? []]
    : isMainModel
    ? null
    : choices;
  return {
    name: parameter.name,
    id: parameter.id,
    description: "",
    type: parameter.kind,
    subtype: parameter.source === "loras"
      ? "LoRA"
      : parameter.source === "models"
      ? "Stable-Diffusion"
      : parameter.source === "vaes"
      ? "VAE"
      : null,
    default: parameter.fallback,
    min: Number(min),
    max: Number(max),
    view_min: 0,
    view_max: 0,
    step: 1,
    values,
    value_names: labelled?.map(([, label]) => label) ?? values,
    examples: parameter.range === undefined ? null : [parameter.fallback],
    visible: true,
    advanced: false,
    feature_flag: labelled === undefined ? null : "comfyui",
    toggleable: labelled !== undefined,
    priority: 10,
    group: parameter.group ?? null,
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
