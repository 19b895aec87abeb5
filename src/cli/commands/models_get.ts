import { MODEL_TYPES } from "../../catalog/server_catalog.ts";
import type { ModelType } from "../../catalog/server_catalog.ts";
import { UsageError } from "../../errors.ts";
import { modelFactsDocument, modelText } from "../../render/lists/model_facts.ts";
import type { ModelFacts } from "../../render/lists/model_facts.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS, refuseRecordOptions } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import { backendsWith, findOnServer, MODEL_ARGUMENT } from "../lists/find_model.ts";
import { choiceOption } from "../option.ts";
import { reportResult } from "../report_result.ts";
import { quote } from "../values.ts";

/** The options of `models get`. */
export interface ModelsGetOptions extends GlobalOptions {
  readonly type: ModelType | undefined;
}

/** `asset-generator models get`. */
export const command: Command<ModelsGetOptions> = {
  text: "Shows everything that the server knows about one model file: title, architecture, " +
    "standard size, licence, trigger words, hash, and the backends on which it is loaded. " +
    "You can leave out folders and the file extension if only one model has that name.",
  examples: [
    { line: "models get sdxl/base", does: "One model" },
    { line: "models get ink --type lora", does: "A LoRA, if another model has the same name" },
    { line: "models get tiny --get model.standard_width", does: "One value of it" },
  ],
  argument: MODEL_ARGUMENT,
  options: {
    type: choiceOption({
      letter: "t",
      placeholder: "TYPE",
      brief: "The kind of models to look in",
      default: "all",
      choices: MODEL_TYPES,
    }),
    ...GLOBAL_OPTIONS,
    ...refuseRecordOptions("models get reads no state file"),
  },
  run: (options, context, argument) => run(options, context, argument ?? ""),
};

/** Finds the model, asks about it and prints the answer. */
async function run(
  options: ModelsGetOptions,
  context: CommandContext,
  wanted: string,
): Promise<ExitCode> {
  const catalog = await context.adapters.catalog(context.settings);
  const { type, name } = await findOnServer(catalog, wanted, options.type ?? null);
  const model = await catalog.model(type, name);
  if (model === null) {
    throw new UsageError(
      `Cannot find ${quote(wanted)}: the server has no such model of type ${type}`,
    );
  }
  const facts: ModelFacts = {
    type,
    model,
    loadedOn: type === "checkpoint" ? await backendsWith(catalog, model.name) : null,
  };
  return await reportResult(context, {
    document: () => modelFactsDocument(facts, catalog.url),
    text: () => modelText(facts),
    names: () => [model.name],
    problem: null,
  });
}
