/** A record store in memory that fails, waits or lies on demand. */
import type { GenerationRecord } from "../../src/generation/generation.ts";
import type {
  GenerationStore,
  Publication,
  Scope,
  StoreReading,
} from "../../src/generation/records/store.ts";

/** The reading of a state file that Deno does not allow to be read. */
export const NO_PERMISSION: StoreReading = {
  answered: false,
  reason: "permission",
  needs: "--allow-read=.",
  message: "Cannot read the state file: no permission",
};

/** See the top of this file. */
export class FakeStore implements GenerationStore {
  readonly scope: Scope;
  readonly location: string;
  readonly publications = new Map<string, Publication>();
  /** `put STATUS PROGRESS` and `remove`, in the order in which they were done. */
  readonly log: string[] = [];
  /** Every record that was put, in order. */
  readonly puts: GenerationRecord[] = [];
  /** What all changes throw. */
  failure: Error | null = null;
  /** What `list()` returns instead of the records. */
  reading: StoreReading | null = null;
  /** What every call waits for first. */
  gate: Promise<void> = Promise.resolve();
  /** Changes under way now, and the most at any time. */
  underWay = 0;
  mostUnderWay = 0;

  constructor(scope: Scope = "user", publications: readonly Publication[] = []) {
    this.scope = scope;
    this.location = `the ${scope} store`;
    for (const publication of publications) {
      this.publications.set(publication.record.id, publication);
    }
  }

  async list(): Promise<StoreReading> {
    await this.gate;
    if (this.reading !== null) return this.reading;
    return { answered: true, publications: [...this.publications.values()], problems: [] };
  }

  async put(publication: Publication): Promise<void> {
    await this.#change(() => {
      const { record } = publication;
      this.publications.set(record.id, publication);
      this.puts.push(record);
      this.log.push(`put ${record.status} ${record.progress}`);
    });
  }

  async remove(id: string): Promise<void> {
    await this.#change(() => {
      this.publications.delete(id);
      this.log.push("remove");
    });
  }

  prune(_judged: readonly GenerationRecord[]): Promise<void> {
    throw new Error("Cannot prune: the core never prunes by itself");
  }

  watch(): AsyncIterable<void> {
    throw new Error("Cannot watch: not part of these tests");
  }

  async #change(action: () => void): Promise<void> {
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      await this.gate;
      if (this.failure !== null) throw this.failure;
      action();
    } finally {
      this.underWay--;
    }
  }
}
