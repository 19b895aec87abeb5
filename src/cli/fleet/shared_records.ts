/** Reads, watches and tidies up the records once for all servers that a command asks. */
import type { Clock } from "../../generation/clock.ts";
import type { LockState, OwnerLocks } from "../../generation/records/owner.ts";
import type { GenerationStore, StoreReading } from "../../generation/records/store.ts";
import { noticesUntil } from "../../generation/until_aborted.ts";
import type { Adapters } from "../context.ts";

/** A reading is shared only with calls that come this soon after it began, in milliseconds. */
const SHARED_MS = 250;

/**
 * Wraps the adapters so that many servers share the records. Fifty servers that are looked at in
 * the same moment read the records once, and one file watch informs all of them: the system allows
 * only few watches.
 */
export function shareRecords(adapters: Adapters, clock: Clock): Adapters {
  let stores: Promise<readonly GenerationStore[]> | undefined;
  let locks: Promise<OwnerLocks> | undefined;
  return {
    ...adapters,
    // Where the records are does not depend on the settings of a single server.
    stores: (settings) =>
      stores ??= adapters.stores(settings).then((all) =>
        all.map((store) => shareStore(store, clock))
      ),
    ownerLocks: () => locks ??= adapters.ownerLocks().then((all) => shareLocks(all, clock)),
  };
}

function shareStore(store: GenerationStore, clock: Clock): GenerationStore {
  const list = shareCalls<StoreReading>(clock);
  const watch = new SharedWatch(store);
  return {
    scope: store.scope,
    location: store.location,
    list: () => list("", async () => await store.list()),
    put: (publication) => store.put(publication),
    remove: (id) => store.remove(id),
    prune: (judged) => store.prune(judged),
    watch: (signal) => watch.follow(signal),
  };
}

function shareLocks(locks: OwnerLocks, clock: Clock): OwnerLocks {
  const probe = shareCalls<LockState>(clock);
  return {
    hold: (id) => locks.hold(id),
    probe: (id) => probe(id, () => locks.probe(id)),
  };
}

/**
 * Shares a running call with later calls for the same thing; a call that hangs is not shared for
 * long.
 */
function shareCalls<T>(clock: Clock): (key: string, call: () => Promise<T>) => Promise<T> {
  const underWay = new Map<string, { readonly startedMs: number; readonly result: Promise<T> }>();
  return (key, call) => {
    const nowMs = clock.monotonicMs();
    const known = underWay.get(key);
    if (known !== undefined && nowMs - known.startedMs < SHARED_MS) return known.result;
    const mine = { startedMs: nowMs, result: call() };
    underWay.set(key, mine);
    const forget = (): void => {
      if (underWay.get(key) === mine) underWay.delete(key);
    };
    mine.result.then(forget, forget);
    return mine.result;
  };
}

/** One watch for all followers; it runs as long as there are any. */
class SharedWatch {
  readonly #store: Pick<GenerationStore, "watch">;
  readonly #followers = new Set<() => void>();
  #stop = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  constructor(store: Pick<GenerationStore, "watch">) {
    this.#store = store;
  }

  async *follow(signal: AbortSignal): AsyncGenerator<void> {
    yield* noticesUntil(signal, (notify) => {
      if (this.#followers.size === 0) {
        this.#stop = new AbortController();
        this.#watching = this.#watch(this.#stop.signal);
      }
      this.#followers.add(notify);
      return async () => {
        this.#followers.delete(notify);
        if (this.#followers.size > 0) return;
        this.#stop.abort();
        await this.#watching;
      };
    });
  }

  async #watch(signal: AbortSignal): Promise<void> {
    for await (const _ of this.#store.watch(signal)) {
      for (const wake of this.#followers) wake();
    }
  }
}
