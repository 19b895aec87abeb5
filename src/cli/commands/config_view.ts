import { escapeForTerminal } from "../../render/escape.ts";
import { textWidth } from "../../render/text_width.ts";
import type { Command } from "../command.ts";
import { checkConfig } from "../config/check_config.ts";
import { configDocument } from "../config/config_document.ts";
import type { ShownSetting } from "../config/config_document.ts";
import { CONFIG_OPTIONS, MASK, namedConfig } from "../config/config_options.ts";
import { addConfig, chosenServer } from "../config/consult_config.ts";
import { shownSettings } from "../config/shown_settings.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import { environmentLayer, resolveSettings } from "../settings.ts";

/** Begins what the file with several headers is read for. */
const HEADERS_FILE = /^Cannot use ASSET_GENERATOR_HEADERS_FILE /;

/** `asset-generator config view`. */
export const command: Command = {
  text: "Shows all settings that are in effect and where each comes from, then what else the " +
    "configuration file holds. Secrets are masked. The whole file is checked.",
  examples: [
    { line: "config view", does: "All settings" },
    { line: "config view --server gpu2", does: "What would be used for a server" },
  ],
  options: { ...CONFIG_OPTIONS, server: GLOBAL_OPTIONS.server },
  run,
};

/** Shows the settings. */
async function run(options: GlobalOptions, context: CommandContext): Promise<ExitCode> {
  const { environment, output, messages, defaultStateFile, searchConfig, storedToken } = context;
  const search = await searchConfig(namedConfig(options, environment));
  const adds = await addConfig(search, chosenServer(options.server, environment));
  if (adds.file !== null) await checkConfig(adds.file);
  for (const line of adds.file === null ? adds.unread : []) await messages.note(line);
  const settings = await resolveSettings({}, {
    ...adds,
    environment: environmentLayer(environment),
    stateFile: defaultStateFile,
    // Only the places of secrets are shown, so their files are not read, except for the names of
    // headers.
    readSecretFile: async (path, action) => {
      if (!HEADERS_FILE.test(action)) return MASK;
      return path === "-" ? "" : await context.readSecretFile(path, action);
    },
    readRedisFile: () => Promise.resolve(`redis://${MASK}`),
    storedToken: async (address) => await storedToken(address) === null ? null : MASK,
  });
  const shown = shownSettings(settings, adds.file);
  const path = adds.file?.path ?? null;
  await output.writeDocument(
    configDocument({ path, exists: path !== null, settings: shown }),
    () => viewText(shown, { path, isUnread: path === null && adds.unread.length > 0 }),
  );
  return EXIT.ok;
}

function viewText(settings: readonly ShownSetting[], { path, isUnread }: {
  readonly path: string | null;
  readonly isUnread: boolean;
}): string {
  const rows = settings.filter(({ value, from }) => value !== null || from !== null)
    .map(({ key, value, from }) =>
      [
        key,
        typeof value === "string" ? value : value?.join(", ") ?? "",
        from === null ? "default" : from.replace(` in ${path}`, " in the file"),
      ].map(escapeForTerminal)
    );
  const widths = [0, 1].map((column) =>
    Math.max(0, ...rows.map((row) => textWidth(row[column] ?? "")))
  );
  const lines = rows.map((row) =>
    row.map((cell, column) =>
      cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - textWidth(cell)))
    )
      .join("  ").trimEnd()
  );
  const none = isUnread ? "No configuration file was read" : "There is no configuration file";
  return [
    path === null ? none : `File: ${escapeForTerminal(path)}`,
    "",
    ...lines,
  ].map((line) => `${line}\n`).join("");
}
