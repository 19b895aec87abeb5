/** Looking at the server and the records, once or again and again, for every command that does. */
import { BackendHistory, SETTLE_MS } from "../detection/backend_history.ts";
import type { Answer } from "../detection/answer.ts";
import type { Detection } from "../detection/detect.ts";
import { detect } from "../detection/detect.ts";
import type { RecordsReading } from "../detection/records_tier.ts";
import { readRecords } from "../detection/records_tier.ts";
import { askedPauseMs } from "../detection/put_off.ts";
import type { QueuePushes } from "../detection/queue_pushes.ts";
import type { DetectionReport } from "../detection/report.ts";
import type { ServerIdentity } from "../detection/swarm_server.ts";
import { isSettling } from "../detection/unknown_reason.ts";
import type { GenerationStore } from "../generation/store.ts";
import type { CommandContext } from "./context.ts";
import { variableOf } from "./settings.ts";

/**
 * Time from start to start of looks while they settle, in milliseconds: less than `SETTLE_GAP_MS`, and
 * four of them are a bit more than `SETTLE_MS`, which is measured from the first look's answer.
 */
export const STEP_MS = 1_550;
/** The longest time for it after the first look, in milliseconds; a slow server takes more looks. */
const LIMIT_MS = SETTLE_MS + 4_000;

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
    host: context.hostname(),
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

/** What each source said, one line each, with `--verbose`. */
async function tellEvidence({ report }: Detection, context: CommandContext): Promise<void> {
  const { evidenceText } = await import("../render/evidence_text.ts");
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
  const { clock, messages } = context;
  const isAssumed = options.isAssumed ?? false;
  let startedMs = clock.monotonicMs();
  const first = await observer.look({ models: options.models });
  const endMs = clock.monotonicMs() + LIMIT_MS;
  let last = first;
  while (isSettling(last.report, { isAssumed }) && clock.monotonicMs() < endMs) {
    if (last === first) {
      await messages.detail(
        "Looking again for 6 s: a backend says idle, but may still be working",
      );
    }
    // From start to start: the rest of a look may be slow, and there must be no gap.
    await clock.sleep(startedMs + STEP_MS - clock.monotonicMs(), options.signal);
    if (options.signal?.aborted) break;
    startedMs = clock.monotonicMs();
    last = await observer.look({ models: false });
  }
  return last === first ? first : { ...last, report: withModels(last.report, first.report) };
}

/**
 * The time until the next look of a watch, in milliseconds: while a backend is called `idle` there
 * must be no gap in which it could have worked unseen. Who asks for a pause gets it.
 */
export function watchIntervalMs(report: DetectionReport | null, intervalMs: number): number {
  const isSettling = report?.backends?.some(({ status }) => status === "idle") ?? false;
  const dueMs = isSettling ? Math.min(intervalMs, STEP_MS) : intervalMs;
  return report === null ? dueMs : Math.max(dueMs, askedPauseMs(report));
}

/** A report with the models of an earlier one, and what was told of them there. */
export function withModels(report: DetectionReport, earlier: DetectionReport): DetectionReport {
  const told = earlier.evidence.filter(({ source }) => source === "models");
  return { ...report, models: earlier.models, evidence: [...report.evidence, ...told] };
}
