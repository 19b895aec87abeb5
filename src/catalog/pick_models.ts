/** Chooses which models of a list are shown, and in which order. Pure. */
import type { Model } from "./server_catalog.ts";

/** The orders in which models can be sorted. */
export const MODEL_ORDERS = ["name", "title", "architecture", "created", "modified"] as const;

/** The order of models: texts from A to Z, times with the newest first. */
export type ModelOrder = (typeof MODEL_ORDERS)[number];

/** Which models are wanted. */
export interface ModelWish {
  /** Each word must be in the name, the title, the architecture, the tags or the trigger words. */
  readonly search: string | null;
  readonly loadedOnly: boolean;
  readonly order: ModelOrder;
}

/** The wanted models, in order. Those without the value that they are sorted by come last. */
export function pickModels(models: readonly Model[], wish: ModelWish): readonly Model[] {
  const words = (wish.search ?? "").toLowerCase().split(/\s+/).filter((word) => word !== "");
  const wanted = models.filter((model) =>
    (!wish.loadedOnly || model.loaded === true) && holdsAll(model, words)
  );
  const keyed = wanted.map((model) => ({
    model,
    key: keyOf(model, wish.order),
    name: model.name.toLowerCase(),
  }));
  keyed.sort((a, b) => compareKeys(a.key, b.key) || compare(a.name, b.name));
  return keyed.map(({ model }) => model);
}

function holdsAll(model: Model, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const { name, title, architecture, className, triggerPhrase, tags } = model;
  const text = [name, title, architecture, className, triggerPhrase, ...(tags ?? [])]
    .filter((each) => each !== null).join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

type Key = string | number | null;

function keyOf(model: Model, order: ModelOrder): Key {
  switch (order) {
    case "name":
      return null;
    case "title":
      return model.title?.toLowerCase() ?? null;
    case "architecture":
      return model.architecture?.toLowerCase() ?? null;
    case "created":
      return model.createdAt;
    case "modified":
      return model.modifiedAt;
    default:
      return order satisfies never;
  }
}

function compareKeys(a: Key, b: Key): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "number" && typeof b === "number") return b - a;
  return compare(String(a), String(b));
}

/** `localeCompare()` is not used: its first call alone takes longer than sorting 5,000 names. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
