import type { Command } from "../command.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import { choiceOption, switchOption, valueOption } from "../option.ts";
import { durationReader, wholeNumberReader } from "../values.ts";
import { waitForIdle } from "../wait/wait_for_idle.ts";
import type { WaitOptions } from "../wait/wait_for_idle.ts";

const DAY_MS = 86_400_000;

/** `asset-generator wait`. */
export const command: Command<WaitOptions> = {
  brief: "Wait until the server is idle, or has been for a while",
  text:
    "Returns when no generation is in progress, whoever started it. With --idle-for the server\n" +
    "must have been quiet all that time: a run that began and ended between two looks starts the\n" +
    "wait again. Each change of the verdict is one line on stderr.\n\n" +
    "Exit codes: 0 idle; 3 timed out (or --timeout-exit-code); 4 it cannot be known here, for a\n" +
    "reason that will last; 5 the server did not answer the first look; 130 Ctrl-C.\n" +
    "With --once: 0 idle for long enough, 8 busy or not for long enough, 4 unknown, 5 unreachable.",
  examples: [
    { line: "wait && nightly-job", does: "Do something when the server is free" },
    { line: "wait --idle-for 10m --timeout 6h", does: "Ten quiet minutes, within six hours" },
    {
      line: "wait --idle-for 10m --once",
      does: "The same from a cron job that runs each minute",
    },
  ],
  options: {
    idleFor: valueOption({
      placeholder: "DURATION",
      brief: "How long it must have been quiet without a break",
      default: "0",
      read: durationReader({ minMs: 0, maxMs: 7 * DAY_MS }),
    }),
    timeout: valueOption({
      placeholder: "DURATION",
      brief: "Give up after this long; 0: look once",
      default: "never",
      read: durationReader({ minMs: 0, maxMs: 365 * DAY_MS }),
    }),
    timeoutExitCode: valueOption({
      placeholder: "N",
      brief: "Exit code after --timeout",
      default: "3",
      read: wholeNumberReader({ min: 0, max: 255 }),
    }),
    interval: valueOption({
      placeholder: "DURATION",
      brief: "Time between two looks, varied by a tenth",
      default: "2s",
      read: durationReader({ minMs: 100, maxMs: DAY_MS }),
    }),
    assume: choiceOption({
      placeholder: "VERDICT",
      brief: "What it counts as where it cannot be known (likely: what ComfyUI's queues say)",
      choices: ["likely", "idle", "busy"],
    }),
    trustAges: switchOption({
      brief: "Count the time before the first look too, by the backends' ages",
    }),
    requireExact: switchOption({
      brief: "Take it for idle only if nothing could be running there unseen; else end with 4",
    }),
    once: switchOption({ brief: "Look once, and keep the time of quiet for the next call" }),
    ...GLOBAL_OPTIONS,
  },
  run: waitForIdle,
};
