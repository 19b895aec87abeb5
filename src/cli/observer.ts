/** Looking at the server and the records, once or again and again, for every command that does. */
import { BackendHistory } from "../detection/backend_history.ts";
import type { Detection } from "../detection/detect.ts";
import { detect } from "../detection/detect.ts";
import type { RecordsReading } from "../detection/records_tier.ts";
import { readRecords } from "../detection/records_tier.ts";
import type { GenerationStore } from "../generation/store.ts";
import type { CommandContext } from "./context.ts";
import { variableOf } from "./settings.ts";

/** Looks with adapters that were opened once. */
export interface Observer {
  /** Normalised base URL of the server that is asked. */
  readonly serverUrl: string;
  readonly stores: readonly GenerationStore[];
  /**
   * Looks once.
   *
   * @param options.models Whether models are counted too; they are a large answer.
   * @param options.isQuiet Whether the evidence is not told to those who asked for more.
   */
  look(options: { readonly models: boolean; readonly isQuiet?: boolean }): Promise<Detection>;
  /** Reads the records alone, of all servers, with the sessions that this user holds. */
  records(): Promise<RecordsReading>;
  /** Removes the records that a look has shown to be over, where nobody is writing just now. */
  prune(detection: Detection): Promise<void>;
}

/** Opens what a look needs. */
export async function openObserver(context: CommandContext): Promise<Observer> {
  const { adapters, settings, clock, environment, messages } = context;
  const variable = variableOf("apiUrl");
  if (settings.apiUrl.source === "default" && !environment.mayRead(variable)) {
    await messages.detail(
      `Asking at the default address: ${variable} may not be read ` +
        "(add '--allow-env=ASSET_GENERATOR_*', or give --api-url)",
    );
  }
  const [stores, locks, server] = await Promise.all([
    adapters.stores(settings),
    adapters.ownerLocks(),
    adapters.swarmServer(settings),
  ]);
  const history = new BackendHistory();
  const sources = { stores, locks, host: context.hostname(), server, clock, history };
  return {
    serverUrl: server.url,
    stores,
    async look(options): Promise<Detection> {
      const detection = await detect(sources, options);
      if (!options.isQuiet && context.messages.verbosity === "verbose") {
        await tellEvidence(detection, context);
      }
      return detection;
    },
    records: () => readRecords(sources),
    async prune({ prunable }): Promise<void> {
      if (prunable.length > 0) await Promise.all(stores.map((store) => store.prune(prunable)));
    },
  };
}

/** What each source said, one line each, with `--verbose`. */
async function tellEvidence({ report }: Detection, context: CommandContext): Promise<void> {
  for (const evidence of report.evidence) {
    const source = [evidence.tier, evidence.scope, evidence.source].filter(Boolean).join(" ");
    const found = evidence.answered
      ? JSON.stringify(evidence.detail)
      : `${evidence.reason}${evidence.message === undefined ? "" : `, ${evidence.message}`}`;
    await context.messages.detail(`${source}: ${found} (${evidence.elapsedMs.toFixed(1)} ms)`);
  }
}
