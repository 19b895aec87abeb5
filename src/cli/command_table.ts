/** All commands: their words, a line about each, and where they are. Nothing of them is loaded. */
import type { Command } from "./command.ts";

/** A command, loaded when it is called. */
export interface CommandEntry {
  readonly kind: "command";
  readonly brief: string;
  load(): Promise<{ readonly command: Command }>;
}

/** Words that go on with another word. */
export interface CommandGroup {
  readonly kind: "group";
  readonly brief: string;
  readonly members: Readonly<Record<string, CommandEntry | CommandGroup>>;
}

/** The whole program. */
export const COMMANDS: CommandGroup = {
  kind: "group",
  brief: "A command line for SwarmUI: is a generation in progress, and how do we know?",
  members: {
    status: {
      kind: "command",
      brief: "Say whether a generation is in progress, and how that is known",
      load: () => import("./commands/status.ts"),
    },
    wait: {
      kind: "command",
      brief: "Wait until the server is idle, or has been for a while",
      load: () => import("./commands/wait.ts"),
    },
    events: {
      kind: "command",
      brief: "Tell what happens, one line of JSON for each event, until Ctrl-C",
      load: () => import("./commands/events.ts"),
    },
    cancel: {
      kind: "command",
      brief: "Stop a generation, whoever started it here",
      load: () => import("./commands/cancel.ts"),
    },
    generate: {
      kind: "group",
      brief: "Make something on the server",
      members: {
        image: {
          kind: "command",
          brief: "Make images",
          load: () => import("./commands/generate_image.ts"),
        },
      },
    },
    doctor: {
      kind: "command",
      brief: "Say what can be known here, what is missing for more, and how to get it",
      load: () => import("./commands/doctor.ts"),
    },
    simulate: {
      kind: "command",
      brief: "Run a simulated SwarmUI on this machine, to try things and to test scripts",
      load: () => import("./commands/simulate.ts"),
    },
  },
};

/** What words lead to; `undefined` if to nothing. */
export function findCommand(
  words: readonly string[],
  from: CommandGroup = COMMANDS,
): CommandEntry | CommandGroup | undefined {
  const [word, ...rest] = words;
  if (word === undefined) return from;
  const member = Object.hasOwn(from.members, word) ? from.members[word] : undefined;
  if (member?.kind === "group") return findCommand(rest, member);
  return rest.length === 0 ? member : undefined;
}
