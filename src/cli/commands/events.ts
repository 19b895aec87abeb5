import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import { choiceOption, switchOption, valueOption } from "../option.ts";
import { durationReader } from "../quantities.ts";
import { watchEvents } from "../watch/watch_events.ts";

/** The options of `events`; durations in milliseconds. */
export interface EventsOptions extends GlobalOptions {
  readonly all: boolean | undefined;
  readonly interval: number | undefined;
}

/** `asset-generator events`. */
export const command: Command<EventsOptions> = {
  text: "Prints a line of JSON when a generation starts, makes progress, ends or loses its " +
    "process, and when the answer of status changes. The first lines describe the present " +
    "state. Something that begins and ends within a fraction of a second, such as a request " +
    "that is refused at once, may be missed.",
  examples: [
    { line: "events", does: "Watch" },
    { line: "events --all", does: "Watch all servers of the configuration file" },
    { line: "events --get event", does: "Only the kind of each event" },
  ],
  options: {
    all: switchOption({
      brief: "Watch all servers of the configuration file; each event names its server",
    }),
    interval: valueOption({
      placeholder: "DURATION",
      brief: "Ask the server at least this often",
      default: "2s, longer if that misses nothing",
      read: durationReader({ minMs: 100, maxMs: 86_400_000 }),
    }),
    ...GLOBAL_OPTIONS,
    format: choiceOption({
      letter: "f",
      placeholder: "FORMAT",
      brief: "Format of the lines",
      choices: ["json"],
    }),
    output: { ...GLOBAL_OPTIONS.output, refused: "events go on until Ctrl-C (use > or a pipe)" },
    get: {
      ...GLOBAL_OPTIONS.get,
      brief: "Print one value of each event, one a line; an empty line if it has none",
    },
  },
  asksMany: ({ all }) => all === true,
  run,
};

/** Watches until Ctrl-C. */
async function run(options: EventsOptions, context: CommandContext): Promise<ExitCode> {
  const how = { intervalMs: options.interval };
  if (!options.all) return await watchEvents(how, context);
  const { eventsOfAll } = await import("../fleet/events_all.ts");
  return await eventsOfAll(options, context, how);
}
