/** All commands with their descriptions, from the table by which they are found and parsed. */
import type { Command } from "../../src/cli/command.ts";
import type { CommandEntry, CommandGroup } from "../../src/cli/command_table.ts";
import { GLOBAL_OPTIONS } from "../../src/cli/global_options.ts";
import type { AnyOption } from "../../src/cli/option.ts";

/** A command, loaded. */
export interface DescribedCommand {
  /** The words that lead to it: `["generate", "image"]`. */
  readonly words: readonly string[];
  /** Its line in lists of commands. */
  readonly brief: string;
  readonly command: Command;
}

/** Loads all commands of a group, in its order. */
export async function loadCommands(
  group: CommandGroup,
  before: readonly string[] = [],
): Promise<readonly DescribedCommand[]> {
  const loaded = await Promise.all(
    Object.entries(group.members).map(([word, member]) => load(member, [...before, word])),
  );
  return loaded.flat();
}

async function load(
  member: CommandEntry | CommandGroup,
  words: readonly string[],
): Promise<readonly DescribedCommand[]> {
  if (member.kind === "group") return await loadCommands(member, words);
  const { command } = await member.load();
  return [{ words, brief: member.brief, command }];
}

/** The options that are a command's own. */
export function ownOptions({ options }: Command): readonly (readonly [string, AnyOption])[] {
  return Object.entries<AnyOption>(options).filter(([name]) => !(name in GLOBAL_OPTIONS));
}

/** The global options that a command refuses, with the reason. */
export function refusedOptions({ options }: Command): readonly (readonly [string, AnyOption])[] {
  return Object.entries<AnyOption>(options).filter(([name, { refused }]) =>
    name in GLOBAL_OPTIONS && refused !== undefined
  );
}
