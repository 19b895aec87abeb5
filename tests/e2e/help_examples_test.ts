/** Runs the examples of every help text as they are written, on a simulated server. */
import { assert, assertEquals } from "@std/assert";
import { COMMANDS } from "../../src/cli/command_table.ts";
import type { CommandGroup } from "../../src/cli/command_table.ts";
import { EXAMPLES, GROUP_EXAMPLES } from "../../src/cli/help.ts";
import { type DocShell, openDocShell, runUntilInterrupted } from "../support/doc_shell.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

/** Examples that run until Ctrl-C. */
const ENDLESS = /^(?:events|serve|simulate)\b|--watch\b/;

/** Examples that serve until Ctrl-C. */
const SERVING = /^(?:serve|simulate)\b/;

/** Examples that ask the servers of the configuration file. */
const OF_MANY =
  /^(?:status|wait|events|serve)\b.* --(?:all|any)\b|--server any\b|^login --server\b/;

/** Servers for them. */
const SERVERS = `servers: { gpu2: { api-url: "http://127.0.0.1:7801" } }
`;

interface Page {
  readonly name: string;
  readonly lines: readonly string[];
}

/** The help texts that have examples. */
async function pagesOf(
  group: CommandGroup,
  path: readonly string[] = [],
): Promise<readonly Page[]> {
  const pages = Object.entries(group.members).map(async ([word, member]) => {
    const words = [...path, word];
    if (member.kind === "group") return await pagesOf(member, words);
    const { command } = await member.load();
    return [{ name: words.join(" "), lines: command.examples.map(({ line }) => line) }];
  });
  return (await Promise.all(pages)).flat();
}

function exitCodesOf(line: string): readonly number[] {
  // A command that serves normally ends with Ctrl-C, and a look of cron need not be the last one.
  if (SERVING.test(line)) return [0];
  if (line.includes("--once")) return [0, 8];
  return ENDLESS.test(line) ? [130] : [0];
}

/**
 * Starts a generation to attach to, and returns its ID; it runs long enough even for a slow
 * machine.
 */
async function detach(shell: DocShell, home: TempDir): Promise<string> {
  const line = "asset-generator generate image -p cat -b 12 --steps 500 --detach --quiet";
  const { code, out, err } = await shell.run(line, { home });
  assertEquals(code, 0, err);
  return out.trim();
}

/** The configuration file that the examples of `config` mention, and a token beside it. */
const CONFIGURED = `printf '%s\\n' 0123456789abcdef > token
asset-generator config set api-url http://127.0.0.1:7801
asset-generator config set servers.gpu2.api-url http://127.0.0.1:7801
asset-generator config set servers.gpu2.token < token
asset-generator config set generate.steps 25`;

Deno.test({
  name: "the examples of every help text work as they stand",
  // The examples are for a POSIX shell.
  ignore: Deno.build.os === "windows",
  fn: async (t) => {
    await using shell = await openDocShell();
    const general = [...EXAMPLES, ...GROUP_EXAMPLES].map(({ line }) => line);
    const pages = [
      { name: "the program and its groups", lines: general },
      ...await pagesOf(COMMANDS),
    ];
    for (const { name, lines } of pages) {
      await t.step(name, async () => {
        await using home = await tempDir();
        // Where the shells keep the files that they read at their start.
        await Deno.mkdir(home.join(".config/fish"), { recursive: true });
        const env = { PROFILE: home.join("profile.ps1") };
        if (lines.some((line) => OF_MANY.test(line))) {
          await Deno.mkdir(home.join(".config/asset-generator"), { recursive: true });
          await Deno.writeTextFile(
            home.join(".config/asset-generator/config.yaml"),
            shell.adapt(SERVERS),
          );
        }
        if (name === "login") await Deno.writeTextFile(home.join("password.txt"), "wonderland\n");
        // The reader's own picture.
        if (lines.some((line) => line.includes("cat.png"))) {
          const made = "generate image -p cat --save-images --filename-template 'cat.{ext}'";
          const { code, err } = await shell.run(`asset-generator ${made}`, { home });
          assertEquals(code, 0, err);
        }
        if (name.startsWith("config ") && name !== "config init") {
          const { code, err } = await shell.run(CONFIGURED, { home });
          assertEquals(code, 0, err);
        }
        for (const example of lines) {
          // It is not for a POSIX shell.
          if (example.includes("Add-Content")) continue;
          const line = example.startsWith("attach")
            ? example.replace("gen-7f3k9x2q", await detach(shell, home))
            : example;
          // The ports in the examples are in use on a machine that runs SwarmUI.
          const words = /^\w+(?: --all)?$/.test(line) && SERVING.test(line)
            ? `${line} --port 0`
            : line;
          const script = SERVING.test(line)
            ? `echo $$ > "$HOME/watching"; exec asset-generator ${words}`
            : `asset-generator ${words}`;
          const started = shell.start(script, { home, env });
          const isEndless = ENDLESS.test(line);
          const { code, out, err } =
            await (isEndless ? runUntilInterrupted(started) : started.ended);
          assert(exitCodesOf(line).includes(code), `${line}: ${code} ${err}`);
          assert(!/^(?:Error|Warning):/m.test(err), `${line}: ${err}`);
          if (line.includes("nightly-job")) assertEquals(out.includes("nightly-job"), code === 0);
          if (isEndless) await Deno.remove(home.join("watching"));
        }
      });
    }
  },
});
