/** Real shells with the tool's completion, in a terminal: shows a line after Tab was pressed. */
import { completionScript } from "../../src/cli/complete/scripts.ts";
import { installCommands } from "./shell.ts";
import { openTmux } from "./tmux.ts";
import { waitFor } from "./wait_for.ts";

/** The shells whose line can be read. */
export type TabShellName = "bash" | "zsh" | "fish";

/** A shell that waits for a line. */
export interface TabShell extends AsyncDisposable {
  /** Types the beginning of a line, presses Tab, and returns the line as it is then. */
  tab(line: string): Promise<string>;
  /** The words of a line as the shell passes them to a program. */
  words(line: string): Promise<readonly string[]>;
  /** What is on the screen now. */
  screen(): Promise<string>;
}

/** How each shell starts, with a key that records the line and empties it. */
const SETUPS: Readonly<Record<TabShellName, { readonly start: string; readonly rc: string }>> = {
  bash: {
    start: "bash --noprofile --rcfile rc -i",
    rc: `bind -x '"\\C-xd": printf "%s<END>" "$READLINE_LINE" > line; READLINE_LINE='
bind 'set bell-style none'
. ./script
`,
  },
  zsh: {
    start: "ZDOTDIR=. zsh -i",
    rc: `autoload -Uz compinit; compinit -u -D
. ./script
look() { print -rn -- "$BUFFER<END>" > line; BUFFER= }
zle -N look; bindkey '^Xd' look
`,
  },
  fish: {
    start: "fish --private -C 'source rc'",
    rc: `source script
bind \\cxd 'string join "" -- (commandline) "<END>" > line; commandline ""'
`,
  },
};

/**
 * Starts a shell.
 *
 * @param options.directory An empty one, which becomes its home and working directory.
 * @param options.env The tool's environment.
 */
export async function openTabShell(name: TabShellName, options: {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<TabShell> {
  const { directory, env } = options;
  const { path } = await installCommands(directory);
  const { start, rc } = SETUPS[name];
  await Deno.writeTextFile(`${directory}/${name === "zsh" ? ".zshrc" : "rc"}`, rc);
  await Deno.writeTextFile(`${directory}/script`, completionScript(name));
  if (name === "fish") {
    // Without this directory, fish reads all manual pages of the machine at its first start.
    const data = `${directory}/.local/share/fish/generated_completions`;
    await Deno.mkdir(data, { recursive: true });
  }
  const shellEnv = environmentOf({ directory, path, env });
  const terminal = await openTmux(`exec ${start.includes("=") ? "env " : ""}${start}\n`, {
    directory,
    env: shellEnv,
  });
  const file = `${directory}/line`;

  /** Keys wait in the terminal until the shell reads them. */
  async function look(keys: () => Promise<void>): Promise<string> {
    await Deno.remove(file).catch(() => {});
    await keys();
    await terminal.press("C-x");
    await terminal.press("d");
    const text = await waitFor(async () => {
      const written = await Deno.readTextFile(file).catch(() => "");
      return written.includes("<END>") ? written : null;
    }, { what: `the line of ${name}` });
    return text.replace(/<END>\n?$/, "");
  }

  await waitFor(async () => (await terminal.screen()).trim() !== "", { what: `${name}'s prompt` });
  return {
    tab: (line) =>
      look(async () => {
        await terminal.write(line);
        await terminal.press("Tab");
      }),
    words: async (line) => {
      const { stdout } = await new Deno.Command(name, {
        args: ["-c", line.replace(/^\S+/, "printf '%s\\n'")],
        env: shellEnv,
      }).output();
      return new TextDecoder().decode(stdout).trimEnd().split("\n");
    },
    screen: terminal.screen,
    [Symbol.asyncDispose]: () => terminal[Symbol.asyncDispose](),
  };
}

function environmentOf({ directory, path, env }: {
  readonly directory: string;
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}): Readonly<Record<string, string>> {
  return {
    ...env,
    HOME: directory,
    XDG_CONFIG_HOME: "",
    XDG_DATA_HOME: "",
    PATH: `${path}:${Deno.env.get("PATH") ?? ""}`,
    LC_ALL: "C.UTF-8",
  };
}

/** Whether this machine has PowerShell. It is never required, since Debian does not have it. */
export function hasPowerShell(): boolean {
  try {
    return new Deno.Command("pwsh", { args: ["-Version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What PowerShell offers for the end of each line, as it would write it. */
export async function askPowerShell(lines: readonly string[], options: {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<readonly (readonly string[])[]> {
  const { directory } = options;
  const { path } = await installCommands(directory);
  await Deno.writeTextFile(`${directory}/script.ps1`, completionScript("powershell"));
  await Deno.writeTextFile(`${directory}/lines.json`, JSON.stringify(lines));
  await Deno.writeTextFile(
    `${directory}/ask.ps1`,
    `. ./script.ps1
$answers = foreach ($line in Get-Content lines.json -Raw | ConvertFrom-Json) {
    , @((TabExpansion2 $line $line.Length).CompletionMatches.CompletionText)
}
ConvertTo-Json @($answers) -Depth 3 -Compress
`,
  );
  const { stdout, stderr } = await new Deno.Command("pwsh", {
    args: ["-NoProfile", "-NonInteractive", "-File", "ask.ps1"],
    cwd: directory,
    env: { ...environmentOf({ ...options, path }), DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "1" },
  }).output();
  const decoder = new TextDecoder();
  if (stderr.length > 0) throw new Error(decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}
