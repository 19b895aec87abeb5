/** Types the README's first steps into a terminal: from an empty home to a picture and back. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SHIPPED_PERMISSIONS } from "../tasks/shipped.ts";
import { blocksOf, readPages } from "./support/doc_pages.ts";
import type { Block } from "./support/doc_pages.ts";
import { copyRepository, denoDirectory } from "./support/doc_programs.ts";
import { ownPort } from "./support/own_port.ts";
import { hasCommand } from "./support/shell.ts";
import { tempDir } from "./support/temp_dir.ts";
import type { TempDir } from "./support/temp_dir.ts";
import { hasTmux, openTmux } from "./support/tmux.ts";
import type { TmuxTerminal } from "./support/tmux.ts";

const STEPS = readPages().filter(({ path }) => path === "README.md").flatMap(blocksOf)
  .filter(({ mark }) => mark === "first steps");

Deno.test("README.md: the first steps install, generate, ask, wait and uninstall", () => {
  const text = STEPS.map((step) => step.text).join("");
  for (const word of ["install", "simulate", "generate image", "status", "wait", "uninstall"]) {
    assertStringIncludes(text, word);
  }
  assertEquals(STEPS.filter(({ language }) => language === "crontab").length, 1);
  const typed = STEPS.filter(({ language }) => language === "sh").flatMap(linesOf);
  assertEquals(typed.filter((line) => line.length > 78), []);
});

Deno.test("deno task install gives the command what the shipped tool may do, as the page says", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  const page = await Deno.readTextFile(new URL("../docs/install.md", import.meta.url));
  const flags = SHIPPED_PERMISSIONS.map((flag) => flag.includes("*") ? `'${flag}'` : flag);
  for (const flag of flags) assertStringIncludes(tasks.install.command, flag);
  const [command] = tasks.install.command.split(" && ");
  assertStringIncludes(page.replaceAll(" \\\n  ", " "), command);
});

Deno.test({
  name: "README.md: the first steps work in their order, from an empty home in 80 columns",
  ignore: !hasTmux() || !hasCommand("bash"),
  async fn(): Promise<void> {
    await using home = await tempDir();
    await using copy = await tempDir();
    await using other = await tempDir();
    await copyRepository(copy, new URL("../main.ts", import.meta.url).pathname);
    // Where Deno's own installer puts it, with the user's program beside it.
    await Deno.mkdir(home.join(".deno/bin"), { recursive: true });
    await Deno.symlink(Deno.execPath(), home.join(".deno/bin/deno"));
    await Deno.writeTextFile(home.join(".deno/bin/nightly-job"), "#!/bin/sh\necho it runs\n", {
      mode: 0o755,
    });
    const port = ownPort();
    const env = {
      HOME: home.path,
      PATH: "/usr/local/bin:/usr/bin:/bin",
      DENO_DIR: await denoDirectory(),
      ASSET_GENERATOR_API_URL: `http://127.0.0.1:${port}`,
    };
    const shell =
      `cd '${copy.path}'\nexport HISTFILE= PS1='$ ' PATH="$HOME/.deno/bin:/usr/bin:/bin"\n` +
      "exec bash --norc --noprofile -i\n";
    await using terminal = await openTmux(shell, { directory: other.path, env });
    await terminal.until("$");
    let count = 0;
    for (const step of STEPS) {
      if (step.language === "crontab") assertEquals(await runAsCron(step, env), "it runs\n");
      else for (const line of linesOf(step)) await type(terminal, { line, port, number: ++count });
    }
    const pictures = (await filesOf(copy, ".")).filter((name) => name.endsWith(".png"));
    assertEquals(pictures.length, 1);
    // Nothing that the tool made is left.
    assertEquals(await filesOf(home, "."), [".deno/bin/deno", ".deno/bin/nightly-job"]);
  },
});

/** Types a line and waits until it has succeeded; only the port is changed. */
async function type(terminal: TmuxTerminal, { line, port, number }: {
  readonly line: string;
  readonly port: number;
  readonly number: number;
}): Promise<void> {
  await terminal.type(line.replace("simulate &", `simulate --port ${port} &`));
  if (line.endsWith("&")) await terminal.until("Simulated SwarmUI at");
  await terminal.type(`echo "step ${number} ended with $?"`);
  await terminal.until(`step ${number} ended with 0`);
}

/** Runs a line as cron does: with `sh`, in the home directory, with a very short PATH. */
async function runAsCron({ text }: Block, env: Readonly<Record<string, string>>): Promise<string> {
  const [, command = ""] = /^(?:[\d*/,-]+ ){5}(\S.*)\n$/.exec(text) ?? [];
  // cron treats a percent sign as a line break.
  assert(command !== "" && !command.includes("%"), text);
  const shortened = command.replace("--idle-for 10m", "--idle-for 200ms");
  assert(shortened !== command);
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", shortened],
    cwd: env["HOME"] ?? "/",
    clearEnv: true,
    env: { ...env, PATH: "/usr/bin:/bin" },
  }).output();
  // cron would send what is printed as mail.
  return new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
}

function linesOf({ text }: Block): readonly string[] {
  return text.trimEnd().split("\n");
}

async function filesOf(directory: TempDir, path: string): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory.join(path))) {
    const inner = path === "." ? name : `${path}/${name}`;
    if (isDirectory) files.push(...await filesOf(directory, inner));
    else files.push(inner);
  }
  return files.sort();
}
