/** Runs `simulate`: starts the simulator, prints its address, and stops it at Ctrl-C. */
import { UsageError } from "../../errors.ts";
import { firstAbort } from "../../generation/until_aborted.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import type { GlobalOptions } from "../global_options.ts";
import type { SimulatedRequest, SimulatedRole } from "./simulation.ts";
import { nearestHint, suggest } from "../suggest.ts";
import { quote } from "../values.ts";

/** SwarmUI's own port. */
export const DEFAULT_PORT = 7801;

/** The default type of backends. */
export const DEFAULT_BACKEND_TYPE = "comfyui_selfstart";

/** The options of `simulate`. */
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
  readonly account: readonly { readonly name: string; readonly password: string }[] | undefined;
}

/**
 * Runs the simulator until Ctrl-C, which is its normal end and therefore a success.
 *
 * @throws {UsageError} If the options contradict each other, or name something that the simulator
 * does not have.
 */
export async function runSimulator(
  options: SimulateOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { model = [], lora = [], permission = [], secondsPerStep, loadTime, role } = options;
  const { account = [] } = options;
  const { messages, output } = context;
  if (permission.length > 0 && role !== undefined) {
    throw new UsageError(
      "Cannot use --role and --permission together: a list of permissions replaces a role's",
    );
  }
  checkOnce("--model", model);
  checkOnce("--lora", lora);
  checkOnce("--account", account.map(({ name }) => name.toLowerCase()));
  const types = typesOf(options);
  // First of all: Ctrl-C right after the first line of output must be caught.
  using interrupts = context.listenForInterrupts();
  const simulator = await context.adapters.simulator();
  const { permissions, backendTypes } = simulator;
  checkNames(permission, { option: "--permission", noun: "permission", known: permissions });
  checkNames(options.backendType ?? [], {
    option: "--backend-type",
    noun: "type",
    known: backendTypes,
  });
  const rights = {
    ...(role === undefined ? {} : { role }),
    ...(permission.length > 0 ? { permissions: permission } : {}),
  };
  await using simulation = await simulator.start({
    port: options.port ?? DEFAULT_PORT,
    backends: types.map((type, index) => ({
      type,
      // A first try should just work, so a model is loaded; a user who sets the load time wants to
      // see it.
      ...(index === 0 && loadTime === undefined ? firstOf(model, simulator.models) : {}),
    })),
    ...(model.length > 0 ? { models: model.map((name) => ({ name })) } : {}),
    ...(lora.length > 0 ? { loras: lora } : {}),
    ...(secondsPerStep === undefined ? {} : { secondsPerStep }),
    ...(loadTime === undefined ? {} : { loadSeconds: loadTime / 1000 }),
    ...rights,
    ...(account.length > 0
      ? { accounts: account.map((one) => ({ role: "owner", ...one, ...rights })) }
      : {}),
    ...(options.verbose
      ? { onRequest: (request) => void messages.detail(describeRequest(request)) }
      : {}),
  });
  const { url } = simulation;
  const document = { schema_version: 1, url };
  await output.writeDocument(document, () => `Simulated SwarmUI at ${url}\n`, {
    asLine: true,
    names: () => [url],
  });
  await messages.note("Press Ctrl-C to stop");
  await firstAbort([interrupts.first]);
  return EXIT.ok;
}

/** The model that is loaded at the start. */
function firstOf(...lists: readonly (readonly string[])[]): { readonly model?: string } {
  const [model] = lists.flat();
  return model === undefined ? {} : { model };
}

/**
 * The types of the backends: as many as `--backends` says, else one for each type. A single type is
 * used for all.
 *
 * @throws {UsageError} If types are given, but neither one for all backends nor one for each.
 */
function typesOf(options: SimulateOptions): readonly string[] {
  const types = options.backendType ?? [];
  const count = options.backends ?? Math.max(1, types.length);
  if (count === 0 && types.length > 0) {
    throw new UsageError(
      "Cannot use --backend-type with --backends 0: there is no backend that could have it",
    );
  }
  if (types.length > 1 && types.length !== count) {
    throw new UsageError(
      `Cannot make ${count} backends of ${types.length} types: give one type for all, or one for each`,
    );
  }
  return Array.from({ length: count }, (_, at) => types[at] ?? types[0] ?? DEFAULT_BACKEND_TYPE);
}

/** A misspelt permission would mean no permission, and the tested script would seem to work. */
function checkNames(names: readonly string[], { option, noun, known }: {
  readonly option: string;
  readonly noun: string;
  readonly known: readonly string[];
}): void {
  for (const name of names) {
    if (known.includes(name)) continue;
    const hint = nearestHint(suggest(name, known), known);
    throw new UsageError(
      `Cannot use ${option} ${quote(name)}: the simulator knows no such ${noun} (${hint})`,
    );
  }
}

function checkOnce(option: string, names: readonly string[]): void {
  const again = names.find((name, index) => names.indexOf(name) !== index);
  if (again === undefined) return;
  throw new UsageError(`Cannot use ${option} ${quote(again)} twice (give it once)`);
}

function describeRequest({ method, route, session }: SimulatedRequest): string {
  return `${method} ${route}${session === null ? "" : ` (${session})`}`;
}
