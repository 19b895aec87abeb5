import { buildCommand } from "@stricli/core";
import { UsageError } from "../../errors.ts";
import { commandDocs } from "../command.ts";
import type { ParseContext } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_ALIASES, GLOBAL_FLAGS } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import { SIMULATED_ROLES } from "../simulator.ts";
import type { SimulatedRole } from "../simulator.ts";
import { durationReader, InvalidValueError, numberReader, wholeNumberReader } from "../values.ts";

const DEFAULT_PORT = 7801;
const DEFAULT_BACKEND_TYPE = "comfyui_selfstart";
const MAX_BACKENDS = 10_000;

/** What the options of `simulate` say. */
export interface SimulateOptions extends GlobalOptions {
  readonly port: number | undefined;
  readonly backends: number | undefined;
  readonly backendType: readonly string[] | undefined;
  readonly model: readonly string[] | undefined;
  readonly lora: readonly string[] | undefined;
  readonly secondsPerStep: number | undefined;
  /** Milliseconds. */
  readonly loadTime: number | undefined;
  readonly role: SimulatedRole | undefined;
  readonly permission: readonly string[] | undefined;
}

/** `asset-generator simulate`. */
export const command = buildCommand<SimulateOptions, [], ParseContext>({
  docs: commandDocs({
    brief: "Run a simulated SwarmUI on this machine, to try things and to test scripts",
    text:
      "Runs a simulated SwarmUI on loopback until Ctrl-C. It has real sessions, queues, counters and\n" +
      "permissions, and draws real pictures, without a GPU. Its first line tells its address when it\n" +
      "is ready. Nothing of it is kept. Needs --allow-net.",
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
        parse: readBackendType,
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
        parse: readPermission,
        optional: true,
        variadic: true,
        placeholder: "NAME",
        brief: "Exactly this permission instead of a role's; for several, once each",
      },
      ...GLOBAL_FLAGS,
    },
    aliases: GLOBAL_ALIASES,
  },
  func(options): void {
    const { model: _, ...shared } = options;
    this.accept(shared, (context) => run(options, context));
  },
});

/**
 * Runs the simulator until Ctrl-C, which is its normal end and therefore a success.
 *
 * @throws {UsageError} If the options contradict each other.
 */
export async function run(options: SimulateOptions, context: CommandContext): Promise<ExitCode> {
  const { model = [], lora = [], permission = [], secondsPerStep, loadTime, role } = options;
  if (permission.length > 0 && role !== undefined) {
    throw new UsageError(
      "Cannot use --role and --permission together: a list of permissions replaces a role's",
    );
  }
  // Listening for signals first: Ctrl-C right after the first line must find us listening.
  using interrupts = context.listenForInterrupts();
  await using simulation = await context.adapters.simulator({
    port: options.port ?? DEFAULT_PORT,
    backends: backendsOf(options),
    ...(model.length > 0 ? { models: model.map((name) => ({ name })) } : {}),
    ...(lora.length > 0 ? { loras: lora } : {}),
    ...(secondsPerStep === undefined ? {} : { secondsPerStep }),
    ...(loadTime === undefined ? {} : { loadSeconds: loadTime / 1000 }),
    ...(role === undefined ? {} : { role }),
    ...(permission.length > 0 ? { permissions: permission } : {}),
  });
  await context.terminal.out(`Simulated SwarmUI at ${simulation.url}\n`);
  await context.messages.note("Press Ctrl-C to stop");
  await aborted(interrupts.first);
  return EXIT.ok;
}

/**
 * As many backends as `--backends` says, else one for each type. One type holds for all.
 *
 * @throws {UsageError} If several types are given, but not one for each backend.
 */
function backendsOf(options: SimulateOptions): readonly { readonly type: string }[] {
  const types = options.backendType ?? [];
  const count = options.backends ?? Math.max(1, types.length);
  if (types.length > 1 && types.length !== count) {
    throw new UsageError(
      `Cannot make ${count} backends of ${types.length} types: give one type for all, or one for each`,
    );
  }
  return Array.from({ length: count }, (_, index) => ({
    type: types[index] ?? types[0] ?? DEFAULT_BACKEND_TYPE,
  }));
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

function readBackendType(text: string): string {
  if (/^[a-z0-9_]{1,64}$/.test(text)) return text;
  throw new InvalidValueError("want a type as SwarmUI names it, e.g. comfyui_api");
}

function readPermission(text: string): string {
  if (text === "*" || /^[a-z0-9_]{1,64}$/.test(text)) return text;
  throw new InvalidValueError("want a permission as SwarmUI names it, e.g. view_backends_list");
}

function readFileName(text: string): string {
  if (/^[^\\/\p{Cc}][^\\\p{Cc}]{0,254}$/u.test(text)) return text;
  throw new InvalidValueError('want a file name, with "/" between directories');
}
