/** Values that are known only when they are asked for. They come in an instant, or not at all. */
import { isSafeId } from "../../generation/generation.ts";
import type { CommandContext } from "../context.ts";
import type { ValueKind } from "../option.ts";
import type { Candidate } from "./words.ts";

/** How long somebody who pressed Tab waits for them, in milliseconds; the start comes on top. */
const WITHIN_MS = 100;

/** Finds the values of a kind; none if they do not come in time. */
export async function findLiveValues(
  kind: Exclude<ValueKind, "file" | "directory">,
  context: CommandContext,
): Promise<readonly Candidate[]> {
  const over = new AbortController();
  const late = context.clock.sleep(WITHIN_MS, over.signal).then(() => []);
  try {
    return await Promise.race([find(kind, context), late]);
  } finally {
    over.abort();
  }
}

async function find(
  kind: Exclude<ValueKind, "file" | "directory">,
  context: CommandContext,
): Promise<readonly Candidate[]> {
  switch (kind) {
    case "generation":
      return await findGenerations(context);
    default:
      return kind satisfies never;
  }
}

/** Those of this tool that have a record here; the server is not asked whether they still run. */
async function findGenerations(
  { adapters, settings }: CommandContext,
): Promise<readonly Candidate[]> {
  const stores = await adapters.stores(settings);
  const readings = await Promise.all(stores.map((store) => store.list()));
  const records = readings.flatMap((reading) => reading.answered ? reading.publications : [])
    .map(({ record }) => record)
    .filter(({ id }) => isSafeId(id));
  const newest = records.sort((a, b) => a.updatedAt - b.updatedAt);
  const byId = new Map(newest.map(({ id, status, progress }) => [
    id,
    progress === null ? status : `${status}, ${Math.floor(progress * 100)}%`,
  ]));
  return [...byId].map(([text, brief]) => ({ text, brief }));
}
