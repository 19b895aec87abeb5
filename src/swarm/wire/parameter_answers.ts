/** Decodes ListT2IParams: the image parameters that a server knows (`swarmui-protocol.md §7.4`). */
import type { ServerParameter } from "../../generation/server/server_parameter.ts";
import { isJsonObject, type JsonObject, textOrNull } from "../../json_object.ts";
import type { Outcome } from "./failure.ts";
import { array, decode, object } from "./fields.ts";

/** The kind of models that a parameter of type `model` takes if it does not name one. */
const MAIN_MODELS = "Stable-Diffusion";

/** What the entries of the list refer to. */
interface Tables {
  /** Titles of groups by id. */
  readonly groups: ReadonlyMap<string, string>;
  /** Names of models by kind. */
  readonly models: ReadonlyMap<string, readonly string[]>;
}

/**
 * ListT2IParams: all parameters that this account may use, in the server's order. An entry that
 * cannot be read is left out; the others are kept.
 */
export function decodeParameters(body: JsonObject): Outcome<readonly ServerParameter[]> {
  return decode(
    body,
    object((told) => {
      const tables = {
        groups: groupTitles(told.raw("groups")),
        models: modelNames(told.raw("models")),
      };
      return told.get("list", array).filter(isJsonObject).flatMap((entry) =>
        parameter(entry, tables)
      );
    }),
  );
}

function parameter(entry: JsonObject, tables: Tables): readonly ServerParameter[] {
  const id = textOrNull(entry["id"]) ?? "";
  if (!/^[a-z]+$/.test(id)) return [];
  return [{
    id,
    name: textOrNull(entry["name"]) ?? id,
    description: textOrNull(entry["description"]) ?? "",
    type: textOrNull(entry["type"]) ?? "text",
    fallback: textOrNull(entry["default"]),
    range: rangeOf(entry),
    choices: choicesOf(entry, tables.models),
    examples: texts(entry["examples"]) ?? [],
    group: groupTitle(entry["group"], tables.groups),
    feature: textOrNull(entry["feature_flag"]),
  }];
}

/** If both are zero, there are no limits. */
function rangeOf({ min, max }: JsonObject): ServerParameter["range"] {
  if (typeof min !== "number" || typeof max !== "number") return null;
  return min === 0 && max === 0 ? null : { min, max };
}

/**
 * A model parameter can name any model of its kind, or a word for none: `None`, `(Use Base)`. Its
 * own list of values is for the web UI: it contains `Automatic`, which the server does not accept
 * (§3.3).
 */
function choicesOf(entry: JsonObject, models: Tables["models"]): readonly string[] | null {
  const values = texts(entry["values"]);
  if (entry["type"] !== "model") return values;
  const named = models.get(textOrNull(entry["subtype"]) ?? MAIN_MODELS);
  if (named === undefined) return values;
  const fallback = textOrNull(entry["default"]) ?? "";
  return fallback === "" || named.includes(fallback) ? named : [...named, fallback];
}

/** A group is given by its id; older servers send the whole group. */
function groupTitle(group: unknown, titles: Tables["groups"]): string | null {
  if (typeof group === "string") return titles.get(group) ?? group;
  return isJsonObject(group) ? textOrNull(group["name"]) : null;
}

function groupTitles(groups: unknown): Tables["groups"] {
  const listed = Array.isArray(groups) ? groups.filter(isJsonObject) : [];
  return new Map(
    listed.flatMap(({ id, name }) =>
      typeof id === "string" && typeof name === "string" ? [[id, name] as const] : []
    ),
  );
}

/** Pairs of name and architecture; before 2025-11-11 only names. */
function modelNames(kinds: unknown): Tables["models"] {
  if (!isJsonObject(kinds)) return new Map();
  return new Map(
    Object.entries(kinds).flatMap(([kind, entries]) => {
      if (!Array.isArray(entries)) return [];
      const names = entries.map((entry: unknown) => Array.isArray(entry) ? entry[0] : entry);
      return [[kind, names.filter((one): one is string => typeof one === "string")] as const];
    }),
  );
}

function texts(value: unknown): readonly string[] | null {
  if (!Array.isArray(value)) return null;
  return value.every((one): one is string => typeof one === "string") ? value : null;
}
