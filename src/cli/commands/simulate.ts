import { buildCommand } from "@stricli/core";
import { commandDocs } from "../command.ts";
import type { ParseContext } from "../command.ts";
import { GLOBAL_ALIASES, GLOBAL_FLAGS, refuseFlags } from "../global_options.ts";
import { SIMULATED_ROLES } from "../simulator.ts";
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
export const command = buildCommand<SimulateOptions, [], ParseContext>({
  docs: commandDocs({
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
  }),
  parameters: {
    flags: {
      port: {
        kind: "parsed",
        parse: wholeNumberReader({ min: 0, max: 65_535 }),
        optional: true,
        placeholder: "PORT",
        brief: `Port on 127.0.0.1; 0: any free one [${DEFAULT_PORT}]`,
      },
      backends: {
        kind: "parsed",
        parse: wholeNumberReader({ min: 0, max: MAX_BACKENDS }),
        optional: true,
        placeholder: "N",
        brief: "How many backends [1, or one for each --backend-type]",
      },
      backendType: {
        kind: "parsed",
        parse: readText,
        optional: true,
        variadic: true,
        placeholder: "TYPE",
        brief: `Type of all backends, or of each in turn [${DEFAULT_BACKEND_TYPE}]`,
      },
      model: {
        kind: "parsed",
        parse: readFileName,
        optional: true,
        variadic: true,
        placeholder: "NAME",
        brief: "A model file that the server has; for several, once each",
      },
      lora: {
        kind: "parsed",
        parse: readFileName,
        optional: true,
        variadic: true,
        placeholder: "NAME",
        brief: "A LoRA file that the server has; for several, once each",
      },
      secondsPerStep: {
        kind: "parsed",
        parse: numberReader({ min: 0, max: 3600 }),
        optional: true,
        placeholder: "SECONDS",
        brief: "How long each step of an image takes",
      },
      loadTime: {
        kind: "parsed",
        parse: durationReader({ minMs: 0, maxMs: 3_600_000 }),
        optional: true,
        placeholder: "DURATION",
        brief: "How long a backend needs to load a model, as 800ms or 20s",
      },
      role: {
        kind: "enum",
        values: SIMULATED_ROLES,
        optional: true,
        placeholder: "ROLE",
        brief: "What everybody may do, as SwarmUI's roles say",
      },
      permission: {
        kind: "parsed",
        parse: readText,
        optional: true,
        variadic: true,
        placeholder: "NAME",
        brief: "Exactly this permission instead of a role's; for several, once each",
      },
      ...GLOBAL_FLAGS,
      ...refuseFlags({
        apiUrl: `${ASKS_NOBODY} (say where with --port)`,
        apiKey: ASKS_NOBODY,
        token: ASKS_NOBODY,
        requestTimeout: ASKS_NOBODY,
        stateFile: "simulate keeps no records",
      }),
    },
    aliases: GLOBAL_ALIASES,
  },
  func(options): void {
    const { model: _, ...shared } = options;
    this.accept(shared, (context) => runSimulator(options, context));
  },
});

function readFileName(text: string): string {
  const isPath = /^[^\\\p{Cc}]{1,255}$/u.test(text) &&
    text.split("/").every((part) => !["", ".", ".."].includes(part.trim()));
  if (isPath) return text;
  throw new InvalidValueError('want a file name, with "/" between directories');
}
