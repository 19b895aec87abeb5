/** The process scope: records in a map, gone with the process. */
import { type GenerationRecord, isExpired } from "../generation.ts";
import type { Clock } from "../clock.ts";
import type { GenerationStore, Publication, StoreReading } from "./store.ts";
import { noticesUntil } from "../until_aborted.ts";

/**
 * A store for the generations of this process. Nothing in it ever fails.
 *
 * @param options.clock For the age of records.
 */
export function createMemoryStore(
  options: { readonly clock: Pick<Clock, "now"> },
): GenerationStore {
  return new MemoryStore(options.clock);
}

class MemoryStore implements GenerationStore {
  readonly scope = "process";
  readonly location = "this process";
  readonly #clock: Pick<Clock, "now">;
  readonly #publications = new Map<string, Publication>();
  readonly #watchers = new Set<() => void>();
  /** Counts changes, so that none between two looks is missed. */
  #version = 0;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  list(): StoreReading {
    const nowMs = this.#clock.now();
    const publications = [...this.#publications.values()]
      .filter(({ record }) => !isExpired(record, nowMs));
    return { answered: true, publications, problems: [] };
  }

  put(publication: Publication): Promise<void> {
    this.#publications.set(publication.record.id, publication);
    this.#notify();
    return Promise.resolve();
  }

  remove(id: string): Promise<void> {
    if (this.#publications.delete(id)) this.#notify();
    return Promise.resolve();
  }

  async prune(judged: readonly GenerationRecord[]): Promise<void> {
    for (const { id, updatedAt } of judged) {
      if (this.#publications.get(id)?.record.updatedAt === updatedAt) await this.remove(id);
    }
  }

  watch(signal: AbortSignal): AsyncIterable<void> {
    return this.#changesSince(this.#version, signal);
  }

  async *#changesSince(version: number, signal: AbortSignal): AsyncGenerator<void> {
    yield* noticesUntil(signal, (notify) => {
      this.#watchers.add(notify);
      // It changed before the first notice was asked for.
      if (version !== this.#version) notify();
      return () => void this.#watchers.delete(notify);
    });
  }

  #notify(): void {
    this.#version++;
    for (const notice of this.#watchers) notice();
  }
}
