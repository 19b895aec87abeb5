import type { Command } from "../command.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import { choiceOption, listOption, valueOption } from "../option.ts";
import { SIMULATED_ROLES } from "../simulate/simulation.ts";
import { DEFAULT_BACKEND_TYPE, DEFAULT_PORT, runSimulator } from "../simulate/run_simulator.ts";
import type { SimulateOptions } from "../simulate/run_simulator.ts";
import {
  durationReader,
  InvalidValueError,
  numberReader,
  readText,
  wholeNumberReader,
} from "../values.ts";

const MAX_BACKENDS = 10_000;
const ASKS_NOBODY = "simulate asks no server, it is one";

/** `asset-generator simulate`. */
export const command: Command<SimulateOptions> = {
  brief: "Run a simulated SwarmUI on this machine, to try things and to test scripts",
  text:
    "Runs a simulated SwarmUI on loopback until Ctrl-C. It has real sessions, queues, counters and\n" +
    "permissions, and draws real pictures, without a GPU. Nothing of it is kept. When it is ready\n" +
    "its first line is `Simulated SwarmUI at URL`; with --format json it is a document with its\n" +
    "url, and with --output the file is written then. --verbose tells each request on\n" +
    "stderr. Needs --allow-net.",
  examples: [
    { line: "simulate", does: `Simulate on SwarmUI's own port, ${DEFAULT_PORT}` },
    {
      line: "simulate --port 0 --backends 2 --seconds-per-step 1",
      does: "Any free port, two backends, slow steps",
    },
    {
      line: "simulate --role user",
      does: "A user who may neither see the whole server nor the backends",
    },
  ],
  options: {
    port: valueOption({
      placeholder: "PORT",
      brief: "Port on 127.0.0.1; 0: any free one",
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
      brief: "Type of all backends, or of each in turn",
      default: DEFAULT_BACKEND_TYPE,
      read: readText,
    }),
    model: listOption({
      placeholder: "NAME",
      brief: "A model file that the server has; for several, once each",
      read: readFileName,
    }),
    lora: listOption({
      placeholder: "NAME",
      brief: "A LoRA file that the server has; for several, once each",
      read: readFileName,
    }),
    secondsPerStep: valueOption({
      placeholder: "SECONDS",
      brief: "How long each step of an image takes",
      read: numberReader({ min: 0, max: 3600 }),
    }),
    loadTime: valueOption({
      placeholder: "DURATION",
      brief: "How long a backend needs to load a model, as 800ms or 20s",
      read: durationReader({ minMs: 0, maxMs: 3_600_000 }),
    }),
    role: choiceOption({
      placeholder: "ROLE",
      brief: "What everybody may do, as SwarmUI's roles say",
      choices: SIMULATED_ROLES,
    }),
    permission: listOption({
      placeholder: "NAME",
      brief: "Exactly this permission instead of a role's; for several, once each",
      read: readText,
    }),
    ...GLOBAL_OPTIONS,
    apiUrl: { ...GLOBAL_OPTIONS.apiUrl, refused: `${ASKS_NOBODY} (say where with --port)` },
    apiKey: { ...GLOBAL_OPTIONS.apiKey, refused: ASKS_NOBODY },
    token: { ...GLOBAL_OPTIONS.token, refused: ASKS_NOBODY },
    requestTimeout: { ...GLOBAL_OPTIONS.requestTimeout, refused: ASKS_NOBODY },
    stateFile: { ...GLOBAL_OPTIONS.stateFile, refused: "simulate keeps no records" },
  },
  run: runSimulator,
};

function readFileName(text: string): string {
  const isPath = /^[^\\\p{Cc}]{1,255}$/u.test(text) &&
    text.split("/").every((part) => !["", ".", ".."].includes(part.trim()));
  if (isPath) return text;
  throw new InvalidValueError('want a file name, with "/" between directories');
}
