import { UsageError } from "../../errors.ts";
import { MAX_CLAIM_MS } from "../../generation/claim.ts";
import type { Command } from "../command.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import { choiceOption, switchOption, valueOption, writeOption } from "../option.ts";
import { durationReader, wholeNumberReader } from "../quantities.ts";
import { readClaimName, readText } from "../values.ts";
import { waitForIdle } from "../wait/wait_for_idle.ts";
import type { WaitOptions } from "../wait/wait_rules.ts";

const DAY_MS = 86_400_000;

/** `asset-generator wait`. */
export const command: Command<WaitOptions> = {
  text: "Returns when no generation is in progress, whoever started it. With --idle-for, the " +
    "server must have been idle all that time: if work began and ended between two looks, the time " +
    "starts again. With --for, it returns when the server answers, or when it is busy. Each " +
    "change is one line on stderr.\n\n" +
    "Exit codes: 0 idle, online or busy as asked, 3 timed out (or --timeout-exit-code), 4 it cannot be known and waiting " +
    "would not change that, 5 the server did not answer the first look (not with --for online), 130 Ctrl-C. With --once: " +
    "0 idle for long enough, 8 busy or not idle for long enough, 4 unknown, 5 unreachable.",
  examples: [
    { line: "wait && nightly-job", does: "Run something as soon as the server is free" },
    { line: "wait --for online --timeout 5m", does: "Until the server has started" },
    { line: "wait --any", does: "Print the name of the first server that is idle" },
    { line: "wait --idle-for 10m --timeout 6h", does: "Ten idle minutes, within six hours" },
    {
      line: "wait --idle-for 10m --once --quiet && nightly-job",
      does: "The same from a cron job that runs each minute",
    },
    {
      line: "wait --claim nightly --claim-for 2h && nightly-job",
      does: "Only one of all jobs that wait so goes on, for two hours at most",
    },
  ],
  options: {
    for: choiceOption({
      placeholder: "STATE",
      brief: "What to wait for; online also waits for a server that is not running yet",
      choices: ["idle", "online", "busy"],
      default: "idle",
    }),
    any: switchOption({
      brief: "Wait for any server of the configuration file, and print its name",
    }),
    all: switchOption({
      brief: "Wait for all servers of the configuration file",
    }),
    idleFor: valueOption({
      placeholder: "DURATION",
      brief: "How long the server must have been idle without a break, such as 90s or 1h30m",
      default: "0",
      read: durationReader({ minMs: 0, maxMs: 7 * DAY_MS }),
    }),
    timeout: valueOption({
      placeholder: "DURATION",
      brief: "Give up after this time; 0 means look once",
      default: "never",
      read: durationReader({ minMs: 0, maxMs: 365 * DAY_MS }),
    }),
    timeoutExitCode: valueOption({
      placeholder: "N",
      brief: "Exit code when --timeout is over",
      default: "3",
      read: wholeNumberReader({ min: 0, max: 255 }),
    }),
    interval: valueOption({
      placeholder: "DURATION",
      brief: "Time between two looks, varied by a tenth",
      default: "2s, longer if that misses nothing",
      read: durationReader({ minMs: 100, maxMs: DAY_MS }),
    }),
    assume: choiceOption({
      placeholder: "VERDICT",
      brief: "What to assume if it cannot be known; likely trusts ComfyUI's queues",
      choices: ["likely", "idle", "busy"],
    }),
    trustAges: switchOption({
      brief: "Count the time before the first look too, by how long the backends were not used",
    }),
    requireExact: switchOption({
      brief: "Accept idle only if no work could be running unseen; else exit with 4",
    }),
    claim: valueOption({
      placeholder: "NAME",
      brief: "Then take a claim, so that of all who wait with --claim only one goes on; NAME is " +
        "what the others see",
      read: readClaimName,
    }),
    claimFor: valueOption({
      placeholder: "DURATION",
      brief: "How long the claim lasts if release does not give it back before",
      default: "1h",
      read: durationReader({ minMs: 1_000, maxMs: MAX_CLAIM_MS }),
    }),
    once: switchOption({
      brief: "Look once, and remember for the next call how long the server has been idle",
    }),
    ...GLOBAL_OPTIONS,
  },
  argument: {
    placeholder: "ID",
    brief: "Wait for this generation of your own instead, running or over; its outcome is the " +
      "exit code",
    completes: "generation",
    read: readText,
  },
  asksMany: ({ any, all }) => any === true || all === true,
  run: async (options, context, id) => {
    if (id === undefined && (options.any || options.all)) {
      const { waitForFleet } = await import("../fleet/wait_fleet.ts");
      return await waitForFleet(options, context);
    }
    if (id === undefined) return await waitForIdle(options, context);
    checkOptionsWithId(options);
    const { waitForGeneration } = await import("../wait/wait_for_generation.ts");
    return await waitForGeneration(id, { wait: options, context });
  },
};

/** @throws {UsageError} If an option is about the server and not about one generation. */
function checkOptionsWithId(options: WaitOptions): void {
  const { for: goal, any, all, idleFor, interval, assume, trustAges, requireExact, once } = options;
  const { claim, claimFor } = options;
  const aboutServer = {
    for: goal,
    any,
    all,
    idleFor,
    interval,
    assume,
    trustAges,
    requireExact,
    once,
    claim,
    claimFor,
  };
  const given = Object.entries(aboutServer).find(([, value]) => value !== undefined)?.[0];
  if (given === undefined) return;
  throw new UsageError(
    `Cannot use ${
      writeOption(given)
    } with an ID: it is about the whole server, and not about one generation`,
  );
}
