/** Looking at the server and the records, once or again and again, for every command that does. */
import type { Detection } from "../detection/detect.ts";
import { detect } from "../detection/detect.ts";
import type { RecordsReading } from "../detection/records_tier.ts";
import { readRecords } from "../detection/records_tier.ts";
import type { GenerationStore } from "../generation/store.ts";
import type { CommandContext } from "./context.ts";

/** Looks with adapters that were opened once. */
export interface Observer {
  /** Normalised base URL of the server that is asked. */
  readonly serverUrl: string;
  readonly stores: readonly GenerationStore[];
  /**
   * Looks once.
   *
   * @param options.models Whether models are counted too; they are a large answer.
   */
  look(options: { readonly models: boolean }): Promise<Detection>;
  /** Reads the records alone, of all servers, with the sessions that this user holds. */
  records(): Promise<RecordsReading>;
  /** Removes the records that a look has shown to be over, where nobody is writing just now. */
  prune(detection: Detection): Promise<void>;
}

/** Opens what a look needs. */
export async function openObserver(context: CommandContext): Promise<Observer> {
  const { adapters, settings, clock } = context;
  const [stores, locks, server] = await Promise.all([
    adapters.stores(settings),
    adapters.ownerLocks(),
    adapters.swarmServer(settings),
  ]);
  const sources = { stores, locks, host: context.hostname(), server, clock };
  return {
    serverUrl: server.url,
    stores,
    look: (options) => detect(sources, options),
    records: () => readRecords(sources),
    async prune({ prunable }): Promise<void> {
      if (prunable.length > 0) await Promise.all(stores.map((store) => store.prune(prunable)));
    },
  };
}
