import type { LockState, OwnerHold, OwnerLocks } from "../../src/generation/records/owner.ts";

/** Owner locks in memory; a test sets the state of others' locks. */
export class FakeOwnerLocks implements OwnerLocks {
  /** What `probe()` says, by id; else `absent`. */
  readonly states: Map<string, LockState>;
  /** `hold`, `release` and `abandon`, in order. */
  readonly log: string[] = [];
  /** Ids that were checked. */
  readonly probed: string[] = [];
  /** What `hold()` throws. */
  failure: Error | null = null;

  constructor(states: Readonly<Record<string, LockState>> = {}) {
    this.states = new Map(Object.entries(states));
  }

  hold(id: string): Promise<OwnerHold> {
    if (this.failure !== null) return Promise.reject(this.failure);
    this.log.push("hold");
    this.states.set(id, "held");
    return Promise.resolve({
      release: () => {
        this.log.push("release");
        this.states.delete(id);
      },
      abandon: () => {
        this.log.push("abandon");
        this.states.set(id, "free");
      },
    });
  }

  probe(id: string): Promise<LockState> {
    this.probed.push(id);
    return Promise.resolve(this.states.get(id) ?? "absent");
  }
}
