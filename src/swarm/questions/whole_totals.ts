/**
 * The totals of a model list that SwarmUI may have cut (`swarmui-protocol.md §20.9`). Loaded only
 * when one may be.
 */
import type { Answer } from "../../detection/answer.ts";
import type { ModelTotals } from "../../detection/swarm_server.ts";
import { decodeCatalogChoices, decodeLoadedModels } from "../wire/catalog_answers.ts";
import type { SessionCaller } from "./session_caller.ts";

/**
 * Counts the names that the parameters have, which are never cut, and the models that are loaded. If
 * the names cannot be had, the totals are lower limits.
 */
export async function wholeTotals(
  caller: SessionCaller,
  listed: ModelTotals,
): Promise<ModelTotals> {
  const [named, loaded] = await Promise.all([
    caller.ask("ListT2IParams", {}, decodeCatalogChoices),
    caller.ask("ListLoadedModels", {}, decodeLoadedModels),
  ]);
  const names = countOf(named, ({ models }) => models.get("checkpoint") ?? null);
  if (names === null) return { ...listed, isAtLeast: true };
  if (names <= listed.count) return listed;
  return {
    count: names,
    loaded: Math.max(listed.loaded, countOf(loaded, (models) => models) ?? 0),
  };
}

function countOf<T>(
  answer: Answer<T>,
  list: (value: T) => readonly unknown[] | null,
): number | null {
  return answer.answered ? list(answer.value)?.length ?? null : null;
}
