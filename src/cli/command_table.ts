/** All commands: their words, a line about each, and where they are. Nothing of them is loaded. */
import type { Command } from "./command.ts";

/** A command, loaded when it is called. */
export interface CommandEntry {
  readonly kind: "command";
  readonly brief: string;
  /** Words that people try for it: never accepted, only answered with its name. */
  readonly alsoCalled?: readonly string[];
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
  brief:
    "A command line for everybody who shares a GPU through SwarmUI: it makes images, and tells " +
    "every terminal, script and cron job whether a generation is in progress, and how it knows.",
  members: {
    status: {
      kind: "command",
      brief: "Say whether a generation is in progress, and how that is known",
      alsoCalled: ["ps", "check", "list", "show", "queue", "busy", "idle", "watch"],
      load: () => import("./commands/status.ts"),
    },
    wait: {
      kind: "command",
      brief: "Wait until the server is idle, or has been idle for some time",
      load: () => import("./commands/wait.ts"),
    },
    release: {
      kind: "command",
      brief: "Give back a claim that wait --claim has taken",
      alsoCalled: ["unclaim", "unlock"],
      load: () => import("./commands/release.ts"),
    },
    events: {
      kind: "command",
      brief: "Print a line of JSON for each change, until Ctrl-C",
      alsoCalled: ["watch", "follow", "log", "logs", "monitor"],
      load: () => import("./commands/events.ts"),
    },
    cancel: {
      kind: "command",
      brief: "Stop a generation, whichever terminal it was started from",
      alsoCalled: ["stop", "kill", "abort", "interrupt"],
      load: () => import("./commands/cancel.ts"),
    },
    generate: {
      kind: "group",
      brief: "Make something on the server; image is the only kind",
      members: {
        image: {
          kind: "command",
          brief: "Make images",
          alsoCalled: ["create", "make", "picture", "txt2img"],
          load: () => import("./commands/generate_image.ts"),
        },
      },
    },
    attach: {
      kind: "command",
      brief: "Follow a generation from any terminal, and get its pictures",
      alsoCalled: ["follow", "resume", "reattach", "fetch", "download"],
      load: () => import("./commands/attach.ts"),
    },
    models: {
      kind: "group",
      brief: "See which models the server has",
      members: {
        list: {
          kind: "command",
          brief: "List models, LoRAs and other model files",
          alsoCalled: ["ls", "all"],
          load: () => import("./commands/models_list.ts"),
        },
        get: {
          kind: "command",
          brief: "Show everything about one model",
          alsoCalled: ["show", "describe", "info", "view"],
          load: () => import("./commands/models_get.ts"),
        },
        load: {
          kind: "command",
          brief: "Load a model, so that the next image starts at once",
          alsoCalled: ["select", "use", "switch"],
          load: () => import("./commands/models_load.ts"),
        },
      },
    },
    samplers: {
      kind: "group",
      brief: "See which samplers the server has",
      members: {
        list: {
          kind: "command",
          brief: "List samplers",
          load: () => import("./commands/samplers_list.ts"),
        },
      },
    },
    schedulers: {
      kind: "group",
      brief: "See which schedulers the server has",
      members: {
        list: {
          kind: "command",
          brief: "List schedulers",
          load: () => import("./commands/schedulers_list.ts"),
        },
      },
    },
    backends: {
      kind: "group",
      brief: "See which backends the server has",
      members: {
        list: {
          kind: "command",
          brief: "List backends and what they have loaded",
          load: () => import("./commands/backends_list.ts"),
        },
      },
    },
    presets: {
      kind: "group",
      brief: "See which presets this user has on the server",
      members: {
        list: {
          kind: "command",
          brief: "List presets",
          load: () => import("./commands/presets_list.ts"),
        },
      },
    },
    inspect: {
      kind: "command",
      brief: "Say how a picture was made, from what is in its file",
      alsoCalled: ["metadata", "exif", "identify"],
      load: () => import("./commands/inspect.ts"),
    },
    doctor: {
      kind: "command",
      brief: "Say what can be known here, what is missing, and how to get it",
      alsoCalled: ["diagnose", "test", "info"],
      load: () => import("./commands/doctor.ts"),
    },
    config: {
      kind: "group",
      brief: "Show and change the configuration file",
      members: {
        init: {
          kind: "command",
          brief: "Make the configuration file",
          alsoCalled: ["create", "new"],
          load: () => import("./commands/config_init.ts"),
        },
        get: {
          kind: "command",
          brief: "Print one setting of the configuration file",
          load: () => import("./commands/config_get.ts"),
        },
        set: {
          kind: "command",
          brief: "Set one setting in the configuration file",
          alsoCalled: ["add", "change"],
          load: () => import("./commands/config_set.ts"),
        },
        unset: {
          kind: "command",
          brief: "Remove one setting from the configuration file",
          alsoCalled: ["remove", "delete"],
          load: () => import("./commands/config_unset.ts"),
        },
        view: {
          kind: "command",
          brief: "Show all settings, and where each comes from",
          alsoCalled: ["list", "show"],
          load: () => import("./commands/config_view.ts"),
        },
        path: {
          kind: "command",
          brief: "Print where the configuration file is",
          alsoCalled: ["where"],
          load: () => import("./commands/config_path.ts"),
        },
      },
    },
    login: {
      kind: "command",
      brief: "Log in to a server with accounts",
      alsoCalled: ["auth", "signin", "account", "accounts"],
      load: () => import("./commands/login.ts"),
    },
    logout: {
      kind: "command",
      brief: "Log out of a server with accounts",
      alsoCalled: ["signout"],
      load: () => import("./commands/logout.ts"),
    },
    serve: {
      kind: "command",
      brief: "Answer over HTTP whether a generation is in progress",
      alsoCalled: ["server", "http", "api", "web", "metrics", "dashboard"],
      load: () => import("./commands/serve.ts"),
    },
    simulate: {
      kind: "command",
      brief: "Run a simulated SwarmUI, to try things and to test scripts",
      alsoCalled: ["mock", "fake"],
      load: () => import("./commands/simulate.ts"),
    },
    completions: {
      kind: "command",
      brief: "Print a script for Tab completion in a shell",
      alsoCalled: ["completion", "autocomplete"],
      load: () => import("./commands/completions.ts"),
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
