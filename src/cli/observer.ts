/** Looking at the server and the records, once or again and again, for every command that does. */
import { BackendHistory } from "../detection/backend_history.ts";
import type { Answer } from "../detection/answer.ts";
import type { Detection } from "../detection/detect.ts";
import { detect } from "../detection/detect.ts";
import type { RecordsReading } from "../detection/records_tier.ts";
import { readRecords } from "../detection/records_tier.ts";
import type { QueuePushes } from "../detection/queue_pushes.ts";
import type { ServerIdentity } from "../detection/swarm_server.ts";
import type { ClaimsReading } from "../generation/claim.ts";
import type { GenerationStore } from "../generation/records/store.ts";
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
  /** Asks which server it is now: what a look says of that may be a day old. */
  renewIdentity(): Promise<Answer<ServerIdentity>>;
  /** Removes the records that a look has shown to be over, where nobody is writing just now. */
  prune(detection: Detection): Promise<void>;
}

/**
 * Opens what a look needs.
 *
 * @param pushes Adds to each look what was told since the one before.
 */
export async function openObserver(
  context: CommandContext,
  pushes?: QueuePushes,
): Promise<Observer> {
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
  const sources = {
    stores,
    locks,
    hostname: context.hostname,
    server,
    clock,
    history,
    ...(pushes === undefined ? {} : { pushes }),
  };
  return {
    serverUrl: server.url,
    stores,
    async look(options): Promise<Detection> {
      const detection = await detect(sources, options);
      pushes?.update(detection.report);
      if (!options.isQuiet && context.messages.verbosity === "verbose") {
        await tellEvidence(detection, context);
      }
      return detection;
    },
    records: () => readRecords(sources),
    renewIdentity: () => server.renewIdentity(),
    async prune({ prunable }): Promise<void> {
      if (prunable.length > 0) await Promise.all(stores.map((store) => store.prune(prunable)));
    },
  };
}

/** Reads who has claimed which server. */
export async function readClaims(
  { adapters, settings }: Pick<CommandContext, "adapters" | "settings">,
): Promise<ClaimsReading> {
  return await (await adapters.claims(settings)).list();
}

/** What each source said, one line each, with `--verbose`. */
async function tellEvidence({ report }: Detection, context: CommandContext): Promise<void> {
  const { evidenceText } = await import("../render/status/evidence_text.ts");
  for (const evidence of report.evidence) await context.messages.detail(evidenceText(evidence));
}

/**
 * Looks, and where nothing but a backend that is called `idle` keeps the answer from us, looks on
 * for the 6 s that settle it.
 *
 * @param options.models Whether the models are counted too, by the first look alone.
 * @param options.isAssumed Whether the answer is wanted too where nobody here may read the counters.
 * @param options.signal Ends it with the last look that was had.
 */
export async function lookSettled(
  { observer, context }: { readonly observer: Observer; readonly context: CommandContext },
  options: {
    readonly models: boolean;
    readonly isAssumed?: boolean;
    readonly signal?: AbortSignal;
  },
): Promise<Detection> {
  const startedMs = context.clock.monotonicMs();
  const first = await observer.look({ models: options.models });
  if (first.report.verdict !== "unknown") return first;
  const { settle } = await import("./later_looks.ts");
  return await settle(first, { observer, context, startedMs, ...options });
}
