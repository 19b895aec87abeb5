import type { Choice, Choices } from "../../catalog/server_catalog.ts";
import { AppError } from "../../errors.ts";
import type { Command } from "../command.ts";
import { listCommand } from "./list_command.ts";
import type { ListOptions } from "./list_options.ts";

/** Makes `samplers list` or `schedulers list`; the document is `schemas/choices.v1.json`. */
export function choicesCommand(
  parameter: "sampler" | "scheduler",
  pick: (choices: Choices) => Choices["samplers"],
): Command<ListOptions> {
  return listCommand<Choice>({
    text: `Lists the ${parameter}s that the server knows: the name that --${parameter} of ` +
      "generate image takes, and the one that SwarmUI's page shows. --quiet prints only the names.",
    examples: [
      { line: `${parameter}s list`, does: "All of them" },
      { line: `${parameter}s list --quiet`, does: "Only the names, one a line" },
    ],
    columns: [
      { name: "name", text: ({ name }) => name },
      { name: "title", text: ({ title }) => title },
    ],
    usual: ["name", "title"],
    ask: async (catalog) => {
      const all = pick(await catalog.choices(`${parameter}s`));
      if (all !== null) return all;
      throw new AppError(
        "failed",
        `Cannot list the ${parameter}s of ${catalog.url}: the server names none ` +
          "(is its ComfyUI extension switched off?)",
      );
    },
    fields: (rows) => ({ parameter, values: rows.map(({ name, title }) => ({ name, title })) }),
    nameOf: ({ name }) => name,
    empty: (serverUrl) => `${serverUrl} has no ${parameter}s`,
  });
}
