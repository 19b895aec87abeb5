/**
 * What `serve` does: looks at the server at regular intervals, and answers over HTTP, until Ctrl-C.
 */
import { EventFeed } from "../../detection/event_feed.ts";
import { EventSource } from "../../detection/generation_events.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { SharedLook } from "../../detection/shared_look.ts";
import { UsageError } from "../../errors.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import { VERSION } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { nameFile } from "../credentials.ts";
import { describeFailure, EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import type { GlobalOptions } from "../global_options.ts";
import type { Observer } from "../observer.ts";
import { watchIntervalMs, withModels } from "../observer.ts";
import { statusProblem } from "../status_problem.ts";
import { readFrom, readSecret } from "../values.ts";
import { scheduleLooks } from "../watch/look_schedule.ts";
import { INTERVAL_MS, nextLookMs, openWatchObserver } from "../watch/watch_observer.ts";

/** Loopback: other machines cannot reach it. */
export const DEFAULT_HOST = "127.0.0.1";
/** The port after SwarmUI's own. */
export const DEFAULT_PORT = 7802;

/**
 * How much older than the interval an answer may be if the request does not ask for a newer one, in
 * milliseconds.
 */
const SLACK_MS = 500;
/** How often the models are counted, in milliseconds: the answer is large and seldom changes. */
const MODELS_MS = 60_000;
/** The shortest access token that is accepted, in characters: a shorter one could be guessed. */
const SHORTEST_TOKEN = 16;

/** The options of `serve`. */
export interface ServeOptions extends GlobalOptions {
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** Time between two looks, in milliseconds. */
  readonly interval: number | undefined;
  readonly accessTokenFile: string | undefined;
  readonly allowHost: readonly string[] | undefined;
  readonly allowCancel: boolean | undefined;
  readonly insecure: boolean | undefined;
}

/**
 * Serves until Ctrl-C or SIGTERM, which is its normal end and therefore a success.
 *
 * @throws {UsageError} If it would answer other machines without a token.
 */
export async function runServe(options: ServeOptions, context: CommandContext): Promise<ExitCode> {
  const { messages, output, clock } = context;
  const host = options.host ?? DEFAULT_HOST;
  const accessToken = await readAccessToken(options, context);
  if (accessToken === null && !isLoopback(host) && !options.insecure) {
    throw new UsageError(
      `Cannot serve on ${host} without a token: every machine that reaches it could ask ` +
        "(give --access-token-file, or --insecure if that is meant)",
    );
  }
  if (options.allowCancel && accessToken === null) {
    throw new UsageError(
      "Cannot use --allow-cancel without a token: every program and page could cancel " +
        "(give --access-token-file)",
    );
  }
  const [opened, ends] = await Promise.all([
    openWatchObserver(context),
    context.adapters.endLog(context.settings),
  ]);
  await using observer = opened;
  const { pushes } = observer;
  const source = new EventSource((id) => ends?.find(id) ?? Promise.resolve(null));
  const feed = new EventFeed(() => source.now());
  let last: DetectionReport | null = null;
  const takeLook = makeLooks(observer, context);
  const look = new SharedLook({
    clock,
    take: async () => {
      const seen = await takeLook();
      last = seen.report;
      feed.tell(await source.look(seen.report));
      return seen;
    },
    // Whoever asks gets what is no older than this, also while nobody asks and looks are rare.
    freshMs: () => watchIntervalMs(last, options.interval ?? INTERVAL_MS) + SLACK_MS,
  });
  // Signals are listened for first, so that Ctrl-C right after the first line has an effect.
  using interrupts = context.listenForInterrupts();
  const webService = await context.adapters.webService();
  await using service = await webService.start({
    host,
    port: options.port ?? DEFAULT_PORT,
    hostNames: options.allowHost ?? [],
    accessToken,
    look,
    feed,
    clock,
    version: VERSION,
    cancel: options.allowCancel
      ? async (id) => {
        const { cancelFor } = await import("./cancel_for.ts");
        return await cancelFor(id, context);
      }
      : null,
    onFailure: (error) => void messages.warning(describeFailure(error).message),
    ...(options.verbose
      ? {
        onRequest: ({ method, path, status }) =>
          void messages.detail(`${method} ${path} ${status}`),
      }
      : {}),
  });
  const { url } = service;
  await output.writeDocument({ schema_version: 1, url }, () => `Serving at ${url}\n`, {
    asLine: true,
    names: () => [url],
  });
  await messages.note("Press Ctrl-C to stop");
  const looks = scheduleLooks({
    stores: observer.stores,
    pushes,
    clock,
    intervalMs: () => nextLookMs(last, { pushes, intervalMs: options.interval }),
    signal: interrupts.first,
  });
  for await (const reason of looks) {
    if (reason === "records" && !look.isLooking) {
      // If only progress changed, the records say enough; anything else needs a question to the
      // server.
      const { seen } = await observer.records();
      const moved = look.isLooking ? null : source.progress(seen.map(({ record }) => record));
      if (moved !== null) {
        feed.tell(moved);
        continue;
      }
    }
    await untilAborted(look.look(), interrupts.first);
  }
  return EXIT.ok;
}

/**
 * Makes the function that looks once. Each report contains the models, which are counted at longer
 * intervals.
 */
function makeLooks(
  observer: Observer,
  { clock }: CommandContext,
): () => Promise<{ report: DetectionReport; error: { code: string; message: string } | null }> {
  let counted: { readonly report: DetectionReport; readonly atMs: number } | null = null;
  return async () => {
    const nowMs = clock.monotonicMs();
    const isDue = counted === null || counted.report.models === null ||
      nowMs - counted.atMs >= MODELS_MS;
    const detection = await observer.look({ models: isDue });
    await observer.prune(detection);
    if (isDue) counted = { report: detection.report, atMs: nowMs };
    const report = isDue || counted === null
      ? detection.report
      : withModels(detection.report, counted.report);
    const problem = statusProblem(report);
    if (problem === null) return { report, error: null };
    const { code, message } = describeFailure(problem);
    return { report, error: { code, message } };
  };
}

async function readAccessToken(
  { accessTokenFile }: ServeOptions,
  context: CommandContext,
): Promise<string | null> {
  if (accessTokenFile === undefined) return null;
  const place = nameFile("--access-token-file", accessTokenFile);
  const text = await context.readSecretFile(accessTokenFile, `Cannot use ${place}`);
  const token = readFrom(place, { text, isSecret: true, read: readSecret });
  if (token.length >= SHORTEST_TOKEN && !token.includes(" ")) return token;
  throw new UsageError(
    `Cannot use ${place}: the token must have at least ${SHORTEST_TOKEN} characters and no spaces ` +
      "(make one with: openssl rand -hex 32)",
  );
}

/** Whether only this machine can reach an address. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
