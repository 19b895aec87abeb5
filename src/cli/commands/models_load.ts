import { AppError } from "../../errors.ts";
import { limitTime } from "../../generation/until_aborted.ts";
import type { Backend } from "../../detection/swarm_server.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import { backendNames } from "../../render/lists/model_facts.ts";
import { formatDuration } from "../../render/text.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS, refuseRecordOptions } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import { backendsWith, findOnServer, MODEL_ARGUMENT } from "../lists/find_model.ts";
import { showLoading } from "../lists/load_display.ts";
import { valueOption } from "../option.ts";
import { reportResult } from "../report_result.ts";
import { durationReader, writeDuration } from "../quantities.ts";

const TIMEOUT_MS = 10 * 60_000;

/** The options of `models load`. */
export interface ModelsLoadOptions extends GlobalOptions {
  /** Milliseconds. */
  readonly timeout: number | undefined;
}

/** `asset-generator models load`. */
export const command: Command<ModelsLoadOptions> = {
  text: "Loads a model on all backends of the server, and waits until it is loaded, so that the " +
    "next image starts at once. Backends that are making images load it afterwards. You can " +
    "leave out folders and the file extension if only one model has that name.\n\n" +
    "Ctrl-C and --timeout end only the waiting; the server goes on loading.",
  examples: [
    { line: "models load sdxl/base", does: "Load a model" },
    {
      line: "wait && asset-generator models load tiny",
      does: "Load another one when the server is idle",
    },
  ],
  argument: MODEL_ARGUMENT,
  options: {
    timeout: valueOption({
      placeholder: "DURATION",
      brief: "Stop waiting after this time, such as 90s or 10m, with exit code 3",
      default: "10m",
      read: durationReader({ minMs: 100, maxMs: 86_400_000 }),
    }),
    ...GLOBAL_OPTIONS,
    ...refuseRecordOptions("models load reads no state file"),
  },
  run: (options, context, argument) => run(options, context, argument ?? ""),
};

/** Finds the model, has it loaded and prints where it is. */
async function run(
  { timeout = TIMEOUT_MS }: ModelsLoadOptions,
  context: CommandContext,
  wanted: string,
): Promise<ExitCode> {
  const { adapters, clock, listenForInterrupts, settings } = context;
  const catalog = await adapters.catalog(settings);
  const { name } = await findOnServer(catalog, wanted, "checkpoint");
  const startedMs = clock.monotonicMs();
  using interrupts = listenForInterrupts();
  using limit = limitTime(timeout, { clock });
  const { first: interrupted } = interrupts;
  const end = AbortSignal.any([interrupted, limit.signal]);
  try {
    await showLoading(name, catalog.load(name, end), context);
  } catch (error) {
    if (!end.aborted) throw error;
    throw stillLoading(name, interrupted.aborted ? interrupted.reason : timedOut(timeout));
  }
  const load: ModelLoad = {
    name,
    loadedOn: await backendsWith(catalog, name),
    tookMs: clock.monotonicMs() - startedMs,
  };
  return await reportResult(context, {
    document: () => loadDocument(load, catalog.url),
    text: () => loadText(load),
    names: () => [name],
    problem: null,
  });
}

/** The result of a load. */
interface ModelLoad {
  readonly name: string;
  /** The backends that have it loaded now; `null`: not known. */
  readonly loadedOn: readonly Backend[] | null;
  readonly tookMs: number;
}

function loadText({ name, loadedOn, tookMs }: ModelLoad): string {
  const where = loadedOn === null || loadedOn.length === 0 ? "" : ` on ${backendNames(loadedOn)}`;
  return `${escapeForTerminal(`Loaded ${name}${where} in ${formatDuration(tookMs)}`)}\n`;
}

/** The document, `schemas/model_load.v1.json`. */
function loadDocument(
  { name, loadedOn, tookMs }: ModelLoad,
  serverUrl: string,
): Readonly<Record<string, unknown>> {
  return {
    schema_version: 1,
    server_url: serverUrl,
    model: name,
    loaded_on: loadedOn?.map(({ id }) => id) ?? null,
    elapsed_seconds: Math.round(tookMs / 100) / 10,
    error: null,
  };
}

function timedOut(timeoutMs: number): AppError {
  return new AppError("timed_out", `Waited ${writeDuration(timeoutMs)} in vain`);
}

/** The wait ended, but the load was not stopped. */
function stillLoading(name: string, reason: unknown): AppError {
  const { code, message } = reason instanceof AppError
    ? reason
    : new AppError("interrupted", "Interrupted");
  return new AppError(
    code,
    `${message}: the server goes on loading ${name} (asset-generator models list --loaded says when it is done)`,
  );
}
