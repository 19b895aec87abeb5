/**
 * Writes `docs/cli.md` and the manual pages in `man/`, from the definitions with which command
 * lines are parsed and help is printed.
 *
 * Needs `--allow-read --allow-write --allow-run`, the latter for Deno's own formatter.
 */
import { COMMANDS } from "../src/cli/command_table.ts";
import { loadCommands } from "./docs/all_commands.ts";
import { cliPage } from "./docs/cli_page.ts";
import { commandPage, nameOf, programPage } from "./docs/man_page.ts";

const ROOT = new URL("../", import.meta.url);

/** Makes all pages, by their paths from the project's root. */
export async function makePages(): Promise<ReadonlyMap<string, string>> {
  const commands = await loadCommands(COMMANDS);
  return new Map([
    ["docs/cli.md", await formatted(cliPage(commands, COMMANDS.brief))],
    ["man/asset-generator.1", programPage(commands, COMMANDS.brief)],
    ...commands.map((one): [string, string] => [`man/${nameOf(one.words)}.1`, commandPage(one)]),
  ]);
}

/** Writes all pages, and removes those of commands that no longer exist. */
export async function writePages(): Promise<void> {
  const pages = await makePages();
  await Deno.mkdir(new URL("man/", ROOT), { recursive: true });
  for await (const { name } of Deno.readDir(new URL("man/", ROOT))) {
    if (!pages.has(`man/${name}`)) await Deno.remove(new URL(`man/${name}`, ROOT));
  }
  for (const [path, text] of pages) await Deno.writeTextFile(new URL(path, ROOT), text);
}

/** Formatted as by `deno fmt`. */
async function formatted(markdown: string): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext", "md", "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  const { success, stdout } = await process.output();
  if (!success) throw new Error("Cannot format docs/cli.md");
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) await writePages();
