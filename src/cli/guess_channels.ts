/** How to report a failure that came before the command line was understood. Loaded only then. */
import { UsageError } from "../errors.ts";
import type { Context } from "./context.ts";
import { COLOR_CHOICES, colorChoiceOf } from "./global_options.ts";
import { saidIn } from "./hoist.ts";
import { Messages } from "./messages.ts";
import { Output } from "./output.ts";
import type { FailureChannels } from "./report_result.ts";
import { OUTPUT_FORMATS, variableOf } from "./settings.ts";

/**
 * How to report a failure of a command line that could not be parsed: in the format that it seems
 * to ask for.
 */
export function guessChannels(args: readonly string[], context: Context): FailureChannels {
  const { terminal } = context;
  const said = saidIn(args);
  const color = colorChoiceOf({
    color: COLOR_CHOICES.find((choice) => choice === said.get("color")),
    noColor: said.has("noColor"),
  });
  const wanted = said.get("format") ?? formatOf(context.environment);
  return {
    terminal,
    messages: new Messages(terminal, {
      verbosity: said.has("verbose") ? "verbose" : "normal",
      color,
    }),
    output: new Output({
      terminal,
      format: OUTPUT_FORMATS.find((format) => format === wanted) ?? "table",
      isQuiet: said.has("quiet"),
      get: said.get("get"),
      file: undefined,
      color,
      writeFile: context.writeFile,
    }),
  };
}

/**
 * The format that the environment asks for, if that can be read; if not, the failure itself says
 * so.
 */
function formatOf(environment: Context["environment"]): string | undefined {
  try {
    return environment.get(variableOf("format"));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return undefined;
  }
}
