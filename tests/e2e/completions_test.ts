/** Completion as people meet it: a real shell in a terminal, the installed script, and Tab. */
import { assertEquals } from "@std/assert";
import { hasCommand } from "../support/shell.ts";
import { openTabShell } from "../support/tab_shell.ts";
import type { TabShellName } from "../support/tab_shell.ts";
import { tempDir } from "../support/temp_dir.ts";
import { hasTmux } from "../support/tmux.ts";

/** What is typed, and the line after Tab. */
const LINES: readonly (readonly [typed: string, line: string])[] = [
  ["asset-generator stat", "asset-generator status "],
  ["asset-generator -f json generate im", "asset-generator -f json generate image "],
  ["A=1 asset-generator status --format=js", "A=1 asset-generator status --format=json "],
  ["asset-generator status --color 'al", "asset-generator status --color 'always' "],
  [
    "asset-generator -o '' --state-file a\\ b sta",
    "asset-generator -o '' --state-file a\\ b status ",
  ],
  ["asset-generator status -o my\\ f", "asset-generator status -o my\\ file.json "],
  ["asset-generator status --output=my\\ f", "asset-generator status --output=my\\ file.json "],
  [
    "asset-generator generate image --output-dir m",
    "asset-generator generate image --output-dir my\\ dir/",
  ],
  // Nothing can come next, and nobody hears why.
  ["asset-generator cancel --nonsense", "asset-generator cancel --nonsense"],
  ["asset-generator --api-url '%' cancel x", "asset-generator --api-url '%' cancel x"],
];

for (const name of ["bash", "zsh", "fish"] satisfies TabShellName[]) {
  Deno.test({
    name: `completions in ${name}: Tab completes commands, options, values and paths`,
    ignore: Deno.build.os === "windows" || !hasTmux() || !hasCommand(name),
    fn: async () => {
      await using home = await tempDir();
      await using shell = await openTabShell(name, { directory: home.path, env: {} });
      await Deno.writeTextFile(home.join("my file.json"), "");
      await Deno.mkdir(home.join("my dir"));
      for (const [typed, line] of LINES) assertEquals(await shell.tab(typed), line);
    },
  });
}
