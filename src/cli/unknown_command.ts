/** The answer to a command that does not exist: which one may have been meant. */
import { UsageError } from "../errors.ts";
import { shownValue } from "../hide_secrets.ts";
import { PROGRAM } from "./command.ts";
import { COMMANDS, findCommand } from "./command_table.ts";
import type { CommandEntry, CommandGroup } from "./command_table.ts";
import { suggest } from "./suggest.ts";
import { listOf, quote } from "./values.ts";

/** How many commands are named at most. */
const NAMED_MAX = 3;

/** Words that are not commands, but have a help text: `help options`. */
const TOPICS = ["help", "help options"];

/**
 * Makes the error.
 *
 * @param words The words in the place of a command: `["generate", "imag"]`.
 */
export function unknownCommand(words: readonly string[]): UsageError {
  const near = nearestCommands(words);
  const inside = words.slice(0, -1);
  const known = findCommand(inside)?.kind === "group" ? inside : [];
  return new UsageError(
    `Cannot run ${quote(words.map(shownValue).join(" "))}: there is no such command ` +
      (near.length > 0
        ? `(did you mean ${listOf(near)}?)`
        : `(see ${[PROGRAM, ...known].join(" ")} --help)`),
  );
}

/** Compares whole command names: `image` is close to `generate image`. */
function nearestCommands(words: readonly string[]): readonly string[] {
  const typed = words.join(" ");
  const last = words.at(-1) ?? "";
  const commands = pathsOf(COMMANDS);
  const known = commands.filter(({ member }) =>
    member.kind === "command" && member.alsoCalled?.includes(last.toLowerCase())
  );
  if (last.toLowerCase() === "version") return ["--version"];
  const all = [...commands.map(({ path }) => path), ...TOPICS];
  // The words before the last one usually name a group: then one of its commands is meant.
  const before = `${words.slice(0, -1).join(" ")} `;
  const members = all.filter((path) => path.startsWith(before));
  const [member] = [
    ...suggest(last, members.map((path) => path.slice(before.length)), { limit: 1 })
      .map((word) => before + word),
    ...known.map(({ path }) => path).filter((path) => path.startsWith(before)),
  ];
  if (member !== undefined) return [member];
  const lastOf = (path: string): string => path.split(" ").at(-1) ?? "";
  const byName = all.filter((path) => suggest(last, [lastOf(path)]).length > 0);
  // A command with the same name elsewhere is a better guess than one with a similar name.
  const found = [
    ...suggest(typed, all),
    ...all.filter((path) => lastOf(path) === last),
    ...known.length > 0 ? known.map(({ path }) => path) : byName,
  ];
  return [...new Set(found)].slice(0, NAMED_MAX);
}

interface NamedMember {
  readonly path: string;
  readonly member: CommandEntry | CommandGroup;
}

function pathsOf(group: CommandGroup, before = ""): readonly NamedMember[] {
  return Object.entries(group.members).flatMap(([word, member]): readonly NamedMember[] => {
    const path = before + word;
    return [{ path, member }, ...(member.kind === "group" ? pathsOf(member, `${path} `) : [])];
  });
}
