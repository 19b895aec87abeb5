/** The process scope: records in a map, gone with the process. */
import { isExpired } from "../generation.ts";
import type { Clock } from "../clock.ts";
import type { GenerationStore, Publication } from "./store.ts";
import { noticesUntil } from "../until_aborted.ts";

/**
 * A store for the generations of this process. Nothing in it ever fails.
 *
 * @param parts.clock For the age of records.
 */
export function createMemoryStore(
  { clock }: { readonly clock: Pick<Clock, "now"> },
): GenerationStore {
  const published = new Map<string, Publication>();
  const watchers = new Set<() => void>();
  /** Counts changes, so that none between two looks is missed. */
  let version = 0;

  function notify(): void {
    version++;
    for (const notice of watchers) notice();
  }

  function remove(id: string): void {
    if (published.delete(id)) notify();
  }

  async function* changesSince(seen: number, signal: AbortSignal): AsyncGenerator<void> {
    yield* noticesUntil(signal, (notice) => {
      watchers.add(notice);
      // It changed before the first notice was asked for.
      if (seen !== version) notice();
      return () => void watchers.delete(notice);
    });
  }

  return {
    scope: "process",
    location: "this process",
    list: () => {
      const nowMs = clock.now();
      const publications = [...published.values()].filter(({ record }) =>
        !isExpired(record, nowMs)
      );
      return { answered: true, publications, problems: [] };
    },
    put: (publication) => {
      published.set(publication.record.id, publication);
      notify();
      return Promise.resolve();
    },
    remove: (id) => Promise.resolve(remove(id)),
    prune: (judged) => {
      for (const { id, updatedAt } of judged) {
        if (published.get(id)?.record.updatedAt === updatedAt) remove(id);
      }
      return Promise.resolve();
    },
    watch: (signal) => changesSince(version, signal),
  };
}
