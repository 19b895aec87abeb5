/** Completion as users have it: a real shell in a terminal, the installed script, and Tab. */
import { assertEquals } from "@std/assert";
import { runHere } from "../support/program_here.ts";
import { hasCommand } from "../support/shell.ts";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { askPowerShell, hasPowerShell, openTabShell } from "../support/tab_shell.ts";
import type { TabShell, TabShellName } from "../support/tab_shell.ts";
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
  ["asset-generator status --output=my\\ f", "asset-generator status --output=my\\ file.json "],
  [
    "asset-generator generate image --output-dir m",
    "asset-generator generate image --output-dir my\\ dir/",
  ],
  // There is nothing to complete, and no message says so.
  ["asset-generator cancel --nonsense", "asset-generator cancel --nonsense"],
];

const MODELS = [
  "folder/base.safetensors",
  "my model (v2).safetensors",
  "it's $HOME `x` & more.safetensors",
  'say "cheese".safetensors',
  "🐈‍⬛ cat.safetensors",
  "a:b=c.safetensors",
  "-dash.safetensors",
];

/** What is typed after `generate image`, and the word that the program must receive. */
const WORDS: readonly (readonly [typed: string, word: string])[] = [
  ["--model fol", "folder/base.safetensors"],
  ["--model=my\\ m", "--model=my model (v2).safetensors"],
  ["--model 'my m", "my model (v2).safetensors"],
  ["--model it", "it's $HOME `x` & more.safetensors"],
  ["--model 'it", "it's $HOME `x` & more.safetensors"],
  ['--model "it', "it's $HOME `x` & more.safetensors"],
  ["--model say", 'say "cheese".safetensors'],
  ["--model 🐈", "🐈‍⬛ cat.safetensors"],
  ["--model a:b", "a:b=c.safetensors"],
  ["--model -d", "-dash.safetensors"],
  ["--param cfgs", "cfgscale="],
];

/** A server whose names are remembered, as after any command that listed them. */
async function openServer(): Promise<Stage> {
  const stage = await openStage({
    models: MODELS.map((name) => ({ name })),
    backends: [{ model: MODELS[0] ?? "" }],
  });
  const { code } = await runHere(["generate", "image", "--param-help"], { stage });
  assertEquals(code, 0);
  return stage;
}

async function wordAfterTab(shell: TabShell, typed: string): Promise<string | undefined> {
  const line = await shell.tab(`asset-generator generate image ${typed}`);
  return (await shell.words(line)).at(-1);
}

for (const name of ["bash", "zsh", "fish"] satisfies TabShellName[]) {
  const ignore = Deno.build.os === "windows" || !hasTmux() || !hasCommand(name);
  Deno.test({
    name: `completions in ${name}: Tab completes commands, options, values and paths`,
    ignore,
    fn: async () => {
      await using home = await tempDir();
      await using shell = await openTabShell(name, { directory: home.path, env: {} });
      await Deno.writeTextFile(home.join("my file.json"), "");
      await Deno.mkdir(home.join("my dir"));
      for (const [typed, line] of LINES) assertEquals(await shell.tab(typed), line);
    },
  });
  Deno.test({
    name: `completions in ${name}: a model's name is one word, whatever is in it`,
    ignore,
    fn: async () => {
      await using stage = await openServer();
      await using home = await tempDir();
      await using shell = await openTabShell(name, { directory: home.path, env: stage.env });
      for (const [typed, word] of WORDS) assertEquals(await wordAfterTab(shell, typed), word);
    },
  });
}

Deno.test({
  name: "completions in PowerShell: a word is one word, whatever is in it",
  ignore: !hasPowerShell(),
  fn: async () => {
    await using stage = await openServer();
    await using home = await tempDir();
    const rows: readonly (readonly [line: string, given: readonly string[]])[] = [
      ["stat", ["status"]],
      ["--output '' sta", ["status"]],
      ["--output 'a b' sta", ["status"]],
      ["status --format=j", ["--format=json"]],
      ["status -f ", ["table", "json", "yaml"]],
      ["generate image --model fol", ["folder/base.safetensors"]],
      ["generate image --model 'my", ["'my model (v2).safetensors'"]],
      ["generate image --model it", ["'it''s $HOME `x` & more.safetensors'"]],
      ["generate image --model 'it''s", ["'it''s $HOME `x` & more.safetensors'"]],
      ['generate image --model "say', [`'say "cheese".safetensors'`]],
      ["generate image --model 🐈", ["'🐈‍⬛ cat.safetensors'"]],
      ["cancel nothing", ["nothing"]],
    ];
    const lines = rows.map(([line]) => `asset-generator ${line}`);
    assertEquals(
      await askPowerShell(lines, { directory: home.path, env: stage.env }),
      rows.map(([, given]) => given),
    );
  },
});
