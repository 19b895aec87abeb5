import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import { choiceOption, valueOption } from "../option.ts";
import { durationReader } from "../values.ts";
import { watchEvents } from "../watch/watch_events.ts";

const INTERVAL_MS = 2_000;

/** What the options of `events` say; durations in milliseconds. */
export interface EventsOptions extends GlobalOptions {
  readonly interval: number | undefined;
}

/** `asset-generator events`. */
export const command: Command<EventsOptions> = {
  brief: "Tell what happens, one line of JSON for each event, until Ctrl-C",
  text: "Tells when generations start, move on, end or lose their process, and when the verdict\n" +
    "changes. Records are watched; the server is asked each --interval. The first lines tell\n" +
    "what is the case when the watch begins. What begins and ends within a fraction of a second,\n" +
    "as a request that is refused at once, may not be seen.",
  examples: [
    { line: "events", does: "Look on" },
    {
      line: "events | jq -r --unbuffered 'select(.event==\"verdict.changed\").verdict'",
      does: "Verdicts alone",
    },
  ],
  options: {
    interval: valueOption({
      placeholder: "DURATION",
      brief: "Longest time between two questions to the server",
      default: "2s",
      read: durationReader({ minMs: 100, maxMs: 86_400_000 }),
    }),
    ...GLOBAL_OPTIONS,
    format: choiceOption({
      letter: "f",
      placeholder: "FORMAT",
      brief: "Format of the lines",
      choices: ["json"],
    }),
    output: { ...GLOBAL_OPTIONS.output, refused: "events have no end (redirect with >)" },
  },
  run,
};

/** Watches until Ctrl-C. */
export async function run(options: EventsOptions, context: CommandContext): Promise<ExitCode> {
  return await watchEvents({ intervalMs: options.interval ?? INTERVAL_MS }, context);
}
