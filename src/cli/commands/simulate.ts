import type { Command } from "../command.ts";
import { GLOBAL_OPTIONS, refuseRecordOptions, refuseServerOptions } from "../global_options.ts";
import { choiceOption, listOption, valueOption } from "../option.ts";
import { SIMULATED_ROLES } from "../simulate/simulation.ts";
import { DEFAULT_BACKEND_TYPE, DEFAULT_PORT, runSimulator } from "../simulate/run_simulator.ts";
import type { SimulateOptions } from "../simulate/run_simulator.ts";
import { durationReader, numberReader, wholeNumberReader } from "../quantities.ts";
import { InvalidValueError, readText } from "../values.ts";

const MAX_BACKENDS = 10_000;
const ASKS_NOBODY = "simulate asks no server, it is one";

/** `asset-generator simulate`. */
export const command: Command<SimulateOptions> = {
  text: "Runs a simulated SwarmUI on this machine until Ctrl-C, without a GPU. It has real " +
    "sessions, queues, counters and permissions, and draws real pictures. Nothing of it is " +
    "kept. Its first model is loaded at the start, unless --load-time is given.\n\n" +
    "The first line, printed when it is ready, is `Simulated SwarmUI at URL`; with --quiet it is " +
    "the URL alone. With --output the file is written then. --verbose prints each request on " +
    "stderr. It needs --allow-net.",
  examples: [
    { line: "simulate", does: `On SwarmUI's own port, ${DEFAULT_PORT}` },
    {
      line: "simulate --port 0 --backends 2 --seconds-per-step 1",
      does: "On any free port, with two slow backends",
    },
    {
      line: "simulate --port 0 --account alice:wonderland",
      does: "With an account, to try login",
    },
    {
      line: "simulate --port 0 --role user",
      does: "As a user who may see neither the whole server nor the backends",
    },
  ],
  options: {
    port: valueOption({
      placeholder: "PORT",
      brief: "Port on 127.0.0.1; 0 means any free one",
      default: String(DEFAULT_PORT),
      read: wholeNumberReader({ min: 0, max: 65_535 }),
    }),
    backends: valueOption({
      placeholder: "N",
      brief: "How many backends",
      default: "1, or one for each --backend-type",
      read: wholeNumberReader({ min: 0, max: MAX_BACKENDS }),
    }),
    backendType: listOption({
      placeholder: "TYPE",
      brief: "Type of all backends, or one type for each",
      default: DEFAULT_BACKEND_TYPE,
      read: readText,
    }),
    model: listOption({
      placeholder: "NAME",
      brief: "A model file that the server has",
      read: readFileName,
    }),
    lora: listOption({
      placeholder: "NAME",
      brief: "A LoRA file that the server has",
      read: readFileName,
    }),
    secondsPerStep: valueOption({
      placeholder: "SECONDS",
      brief: "How long each step of an image takes",
      read: numberReader({ min: 0, max: 3600 }),
    }),
    loadTime: valueOption({
      placeholder: "DURATION",
      brief: "How long it takes to load a model, such as 800ms or 20s",
      read: durationReader({ minMs: 0, maxMs: 3_600_000 }),
    }),
    role: choiceOption({
      placeholder: "ROLE",
      brief: "What every user may do, by SwarmUI's roles",
      choices: SIMULATED_ROLES,
    }),
    permission: listOption({
      placeholder: "NAME",
      brief: "A permission that every user has, instead of those of a role",
      read: readText,
    }),
    account: listOption({
      placeholder: "NAME:PASSWORD",
      brief: "An account; with any, everybody must log in",
      read: readAccount,
    }),
    ...GLOBAL_OPTIONS,
    ...refuseServerOptions(ASKS_NOBODY),
    apiUrl: {
      ...GLOBAL_OPTIONS.apiUrl,
      refused: `${ASKS_NOBODY} (choose its address with --port)`,
    },
    ...refuseRecordOptions("simulate keeps no records"),
  },
  run: runSimulator,
};

function readAccount(text: string): { readonly name: string; readonly password: string } {
  const [, name = "", password = ""] = /^([^:\p{Cc}]{1,100}):([^\p{Cc}]{8,500})$/u.exec(text) ?? [];
  if (name !== "") return { name, password };
  throw new InvalidValueError(
    "expected NAME:PASSWORD with a password of 8 characters at least, such as alice:wonderland",
  );
}

function readFileName(text: string): string {
  const isPath = /^[^\\\p{Cc}]{1,255}$/u.test(text) &&
    text.split("/").every((part) => !["", ".", ".."].includes(part.trim()));
  if (isPath) return text;
  throw new InvalidValueError('expected a file name, with "/" between directories');
}
