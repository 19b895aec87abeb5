import { AppError } from "../../errors.ts";
import { loadDocument, loadText } from "../../render/model_load.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import { findOnServer, MODEL_ARGUMENT } from "../lists/find_model.ts";
import { showLoading } from "../lists/load_display.ts";
import { backendsWith } from "../lists/loaded_on.ts";
import { valueOption } from "../option.ts";
import { reportResult } from "../report_result.ts";
import { durationReader, writeDuration } from "../values.ts";

const TIMEOUT_MS = 10 * 60_000;

/** What the options of `models load` say. */
export interface ModelsLoadOptions extends GlobalOptions {
  /** Milliseconds. */
  readonly timeout: number | undefined;
}

/** `asset-generator models load`. */
export const command: Command<ModelsLoadOptions> = {
  text: "Has the server load a model on all its backends, and waits until they have, so that the " +
    "next image need not wait for it. Backends that are making images load it afterwards. Its name " +
    "may be given without folders and file ending, if only one model is called so.\n\n" +
    "Ctrl-C and --timeout end the waiting; the server loads on.",
  examples: [
    { line: "models load sdxl/base", does: "Load a model" },
    {
      line: "wait && asset-generator models load tiny",
      does: "Load another one as soon as nobody generates",
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
    stateFile: { ...GLOBAL_OPTIONS.stateFile, refused: "models load reads no state file" },
  },
  run: (options, context, argument) => run(options, context, argument ?? ""),
};

/** Finds the model, has it loaded and says where it is. */
export async function run(
  { timeout = TIMEOUT_MS }: ModelsLoadOptions,
  context: CommandContext,
  wanted: string,
): Promise<ExitCode> {
  const { adapters, clock, settings } = context;
  const catalog = await adapters.catalog(settings);
  const { name } = await findOnServer(catalog, wanted, "checkpoint");
  const startedMs = clock.monotonicMs();
  using end = listenForEnd(timeout, context);
  try {
    await showLoading(name, catalog.load(name, end.signal), context);
  } catch (error) {
    throw end.signal.aborted ? stillLoading(name, end.signal.reason) : error;
  }
  const load = {
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

/** A signal that ends with Ctrl-C, or when the time is up. */
function listenForEnd(
  timeoutMs: number,
  { clock, listenForInterrupts }: Pick<CommandContext, "clock" | "listenForInterrupts">,
): Disposable & { readonly signal: AbortSignal } {
  const interrupts = listenForInterrupts();
  const [timeUp, disposed] = [new AbortController(), new AbortController()];
  void clock.sleep(timeoutMs, disposed.signal).then(() => {
    const reason = new AppError("timed_out", `Waited ${writeDuration(timeoutMs)} in vain`);
    if (!disposed.signal.aborted) timeUp.abort(reason);
  });
  return {
    signal: AbortSignal.any([interrupts.first, timeUp.signal]),
    [Symbol.dispose]: () => {
      disposed.abort();
      interrupts[Symbol.dispose]();
    },
  };
}

/** Nobody waits any more, but nothing was stopped. */
function stillLoading(name: string, reason: unknown): AppError {
  const { code, message } = reason instanceof AppError
    ? reason
    : new AppError("interrupted", "Interrupted");
  return new AppError(
    code,
    `${message}: the server goes on loading ${name} (models list --loaded says when it has)`,
  );
}
