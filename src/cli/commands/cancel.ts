import { GENERATION_ARGUMENT } from "../attach/find_generation.ts";
import { UsageError } from "../../errors.ts";
import { cancelEveryone } from "../cancel/cancel_everyone.ts";
import { cancelTracked } from "../cancel/cancel_tracked.ts";
import { writeCancelFailure } from "../cancel/cancel_result.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import { switchOption, valueOption } from "../option.ts";
import { durationReader } from "../quantities.ts";

/** The options of `cancel`; `undefined`: not given. */
export interface CancelOptions extends GlobalOptions {
  readonly all: boolean | undefined;
  /** Milliseconds. */
  readonly olderThan: number | undefined;
  readonly everyone: boolean | undefined;
  readonly yes: boolean | undefined;
}

const DAY_MS = 86_400_000;

/** `asset-generator cancel`. */
export const command: Command<CancelOptions> = {
  text: "Stops exactly one generation of this tool through its own session on the server, even " +
    "if its process is gone, and checks that it stopped. ID is what status shows, or the " +
    "beginning of it; without ID, the only generation there is. If a generation has not " +
    "reached the server yet, cancel waits for that, 10 s at most.\n\n" +
    "--everyone stops all work of the server's user, whichever program started it. Without " +
    "accounts, that is everybody's work, including the web UI's.\n\n" +
    "Exit codes: 0 stopped, or nothing to stop; 2 no such generation, or several; 3 it is " +
    "still running after 10 s; 4 not allowed, another user's, or not known; 5 the server " +
    "did not answer.",
  examples: [
    { line: "cancel", does: "Stop the only generation" },
    { line: "cancel --all", does: "Stop all generations of this tool" },
    { line: "cancel --all --older-than 1h30m", does: "Stop those that were started long ago" },
    { line: "cancel --everyone --yes", does: "Free the server, whoever uses it" },
  ],
  options: {
    all: switchOption({ brief: "Stop all generations of this tool by this user on the server" }),
    olderThan: valueOption({
      placeholder: "DURATION",
      brief: "With --all: only those that were started at least this long ago, such as 90s or 2h",
      read: durationReader({ minMs: 0, maxMs: 30 * DAY_MS }),
    }),
    everyone: switchOption({
      brief: "Stop all work of the server's user, the web UI's included; asks first",
    }),
    yes: switchOption({ letter: "y", brief: "With --everyone: do not ask" }),
    ...GLOBAL_OPTIONS,
  },
  argument: GENERATION_ARGUMENT,
  run: (options, context, id) => run({ ...options, id }, context),
};

/** Cancels the chosen generations, and writes the result. */
async function run(
  options: CancelOptions & { readonly id: string | undefined },
  context: CommandContext,
): Promise<ExitCode> {
  try {
    checkOptions(options);
    return options.everyone
      ? await cancelEveryone({ isSure: options.yes === true }, context)
      : await cancelTracked(options, context);
  } catch (error) {
    return await writeCancelFailure(error, context);
  }
}

function checkOptions(
  { id, all, olderThan, everyone, yes }: CancelOptions & { readonly id: string | undefined },
): void {
  if (all && everyone) {
    throw new UsageError("Cannot use --all with --everyone: --everyone stops all of those too");
  }
  if (id !== undefined && (all || everyone)) {
    const option = all ? "--all" : "--everyone";
    throw new UsageError(`Cannot use an ID with ${option}: it names the only generation to stop`);
  }
  if (olderThan !== undefined && !all) {
    throw new UsageError("Cannot use --older-than without --all");
  }
  if (yes && !everyone) {
    throw new UsageError("Cannot use --yes without --everyone: nothing else asks first");
  }
}
