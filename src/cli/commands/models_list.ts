import { MODEL_ORDERS, pickModels } from "../../catalog/pick_models.ts";
import type { ModelOrder } from "../../catalog/pick_models.ts";
import { MODEL_TYPES } from "../../catalog/server_catalog.ts";
import type { ModelList, ModelType } from "../../catalog/server_catalog.ts";
import { MODEL_COLUMNS, modelsDocument, usualColumns } from "../../render/lists/model_list.ts";
import { formatCount } from "../../render/text.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { checkListOptions, listOptionTable } from "../lists/list_options.ts";
import type { ListOptions } from "../lists/list_options.ts";
import { writeList } from "../lists/write_list.ts";
import { choiceOption, switchOption, valueOption } from "../option.ts";
import { quote, readText } from "../values.ts";

/** The options of `models list`. */
export interface ModelsListOptions extends ListOptions {
  readonly type: ModelType | undefined;
  readonly search: string | undefined;
  readonly loaded: boolean | undefined;
  readonly sort: ModelOrder | undefined;
}

/** `asset-generator models list`. */
export const command: Command<ModelsListOptions> = {
  text: "Lists all of the server's model files of one kind. On a terminal it is a table that " +
    "fits its width; in a pipe or a file, a line for each model with tabs between the " +
    "columns. --quiet prints only the names.",
  examples: [
    { line: "models list", does: "The models that make images" },
    { line: "models list --type lora --search ink", does: "LoRAs with ink in their name or title" },
    { line: "models list --loaded --quiet", does: "The names of those that are loaded" },
    { line: "models list --sort modified --limit 10", does: "The ten newest" },
  ],
  options: {
    type: choiceOption({
      letter: "t",
      placeholder: "TYPE",
      brief: "The kind of models",
      default: "checkpoint",
      choices: MODEL_TYPES,
    }),
    search: valueOption({
      letter: "s",
      placeholder: "TEXT",
      brief: "Only those with these words in name, title, architecture, tags or trigger words",
      read: readText,
    }),
    loaded: switchOption({ brief: "Only those that a backend has loaded" }),
    sort: choiceOption({
      placeholder: "COLUMN",
      brief: "Sort by this; times with the newest first",
      default: "name",
      choices: MODEL_ORDERS,
    }),
    ...listOptionTable(
      MODEL_COLUMNS.map(({ name }) => name),
      usualColumns("checkpoint").join(","),
    ),
  },
  run,
};

/** Asks, filters and prints. */
async function run(
  options: ModelsListOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { settings, adapters, output, messages } = context;
  checkListOptions(options, output);
  const { type = "checkpoint", search = null, loaded = false, sort = "name" } = options;
  const catalog = await adapters.catalog(settings);
  const all = await catalog.models(type);
  const wanted = pickModels(all.models, { search, loadedOnly: loaded, order: sort });
  const rows = wanted.slice(0, options.limit);
  const exitCode = await writeList(context, {
    rows,
    columns: MODEL_COLUMNS,
    usual: usualColumns(type),
    options,
    document: modelsDocument(rows, {
      serverUrl: catalog.url,
      type,
      all,
      matching: wanted.length,
    }),
    nameOf: ({ name }) => name,
    empty: emptyText({ type, search, loaded, all, serverUrl: catalog.url }),
  });
  const broken = unreadableText(all);
  if (broken !== null) await messages.warning(broken);
  const cut = cutText(all);
  if (cut !== null) await messages.note(cut);
  return exitCode;
}

/** Why the list is empty, and what to do. */
function emptyText(about: {
  readonly type: ModelType;
  readonly search: string | null;
  readonly loaded: boolean;
  readonly all: ModelList;
  readonly serverUrl: string;
}): string {
  const { type, search, loaded, all, serverUrl } = about;
  const count = all.models.length;
  if (count === 0) {
    return `${serverUrl} has no models of type ${type} (other kinds: --type)`;
  }
  const which = [
    ...(loaded ? ["is loaded"] : []),
    ...(search === null ? [] : [`holds ${quote(search)}`]),
  ].join(" and ");
  return `None of ${formatCount(count, "model")} of type ${type} ${which}`;
}

/** What the server garbled; `null`: nothing. */
function unreadableText({ unreadable }: ModelList): string | null {
  if (unreadable === 0) return null;
  return unreadable === 1
    ? "An entry of the server's list cannot be read and is left out"
    : `${unreadable} entries of the server's list cannot be read and are left out`;
}

/** What the server left out of its list; `null`: nothing that is known. */
function cutText({ models, namedOnly, unreadable }: ModelList): string | null {
  if (namedOnly === null || namedOnly === 0) return null;
  if (unreadable > 0) {
    return `Of ${formatCount(namedOnly, "model")} only name and architecture are known`;
  }
  return `The server told of ${
    models.length - namedOnly
  } models in full and cut its list there; of ` +
    `the other ${namedOnly} only name and architecture are known`;
}
