/** `generate --server any`: generates on the server that suits best, or else on the next one. */
import { AppError } from "../../errors.ts";
import { formatCount } from "../../render/text.ts";
import type { CommandContext } from "../context.ts";
import { beginGeneration, publishGeneration } from "../generate/begin_generation.ts";
import type { BegunGeneration, GenerationOrder } from "../generate/begin_generation.ts";
import type { SentOutcome } from "../generate/generate_images.ts";
import type { GenerateOptions } from "../generate/generate_options.ts";
import { stoppedEarly } from "../generate/stopping.ts";
import { openFleet } from "./fleet_contexts.ts";
import { ServerChoice } from "./server_choice.ts";
import type { ChosenServer } from "./server_choice.ts";

/** The option as users write it. */
const ASKED = "--server any";

/**
 * Sends a request to the server that suits best. If that server refuses it before anything was
 * queued, the next one gets it; a request that may have been queued is sent to no other server.
 *
 * @throws {AppError} If no server accepts it, or it was stopped.
 */
export async function sendAnywhere(
  order: GenerationOrder,
  context: CommandContext,
  send: (begun: BegunGeneration) => Promise<SentOutcome>,
): Promise<{ readonly begun: BegunGeneration; readonly outcome: SentOutcome }> {
  const { options, stores, stopping: { stop } } = order;
  const choice = open(options, context, { stores, signal: stop });
  return await tryServers(choice, {
    context,
    signal: stop,
    publish: (chosen) => publishGeneration(chosen.context, order),
    use: async (_, published) => {
      const begun = await beginGeneration(published, order);
      const outcome = await send(begun);
      if (outcome.ran.wasRefused === true) throw refusalOf(outcome);
      return { begun, outcome };
    },
  });
}

/** Does something that sends no generation, on the server that would get the generation. */
export async function askAnywhere<T>(
  options: GenerateOptions,
  context: CommandContext,
  ask: (context: CommandContext) => Promise<T>,
): Promise<T> {
  const stores = await context.adapters.stores(context.settings);
  const ended = new AbortController();
  const choice = open(options, context, { stores, signal: ended.signal });
  try {
    return await tryServers(choice, {
      context,
      signal: ended.signal,
      publish: () => Promise.resolve(),
      use: (chosen) => ask(chosen.context),
    });
  } finally {
    ended.abort();
  }
}

function open(
  options: GenerateOptions,
  context: CommandContext,
  by: Pick<ConstructorParameters<typeof ServerChoice>[1], "stores" | "signal">,
): ServerChoice {
  const members = openFleet({ ...options, server: undefined }, context, ASKED);
  return new ServerChoice(members, { ...by, context, model: context.settings.model.value });
}

async function tryServers<P, T>(choice: ServerChoice, by: {
  readonly context: CommandContext;
  readonly signal: AbortSignal;
  readonly publish: (chosen: ChosenServer) => Promise<P>;
  readonly use: (chosen: ChosenServer, published: P) => Promise<T>;
}): Promise<T> {
  const { context: { messages }, signal } = by;
  for (;;) {
    const { chosen, published } = await choice.take(by.publish).catch((error: unknown) => {
      throw signal.aborted ? stoppedEarly(signal.reason) : error;
    });
    await messages.note(`Using ${chosen.name}: ${chosen.why}`);
    try {
      return await by.use(chosen, published);
    } catch (error) {
      if (!(error instanceof AppError) || signal.aborted) throw error;
      choice.refused(chosen.name, error);
      const { left } = choice;
      if (left > 0) {
        await messages.warning(
          `${chosen.name} does not make it: ${error.message}; ` +
            `trying ${left === 1 ? "the last server" : `the other ${formatCount(left, "server")}`}`,
        );
      }
    }
  }
}

/** The error with which a server refused a request before it queued anything. */
function refusalOf({ ran: { errors, cause } }: SentOutcome): AppError {
  if (cause instanceof AppError) return cause;
  const [first = cause?.message ?? "it refused the request"] = errors;
  return new AppError("failed", `The server refused: ${first}`);
}
