import { assertEquals } from "@std/assert";
import type { Command } from "../../../src/cli/command.ts";
import { COMMANDS } from "../../../src/cli/command_table.ts";
import type { CommandEntry, CommandGroup } from "../../../src/cli/command_table.ts";
import { suggestWords } from "../../../src/cli/complete/words.ts";
import { GLOBAL_OPTIONS } from "../../../src/cli/global_options.ts";
import { listOption, switchOption, valueOption } from "../../../src/cli/option.ts";
import type { AnyOption } from "../../../src/cli/option.ts";

function entry(
  own: Readonly<Record<string, AnyOption>>,
  more: Partial<Command> = {},
): CommandEntry {
  const options = { ...own, ...GLOBAL_OPTIONS };
  const command = { text: "", examples: [], run: () => Promise.resolve(0), ...more, options };
  return { kind: "command", brief: "", load: () => Promise.resolve({ command }) };
}

const read = String;

/** A tool with one option of each kind. */
const TOOL: CommandGroup = {
  kind: "group",
  brief: "",
  members: {
    look: entry({
      exitCode: switchOption({ brief: "" }),
      extra: switchOption({ letter: "x", brief: "", refused: "it does nothing" }),
      interval: valueOption({ placeholder: "DURATION", brief: "", read }),
      tag: listOption({ letter: "t", placeholder: "TAG", brief: "", read }),
      columns: valueOption({ placeholder: "NAMES", brief: "", parts: ["name", "title"], read }),
      explain: valueOption({
        placeholder: "[KEY]",
        brief: "",
        bare: "",
        completes: "parameter-name",
        read,
      }),
      note: listOption({ placeholder: "NAME:FILE", brief: "", read }),
      folder: valueOption({ placeholder: "DIR", brief: "", read }),
    }),
    make: { kind: "group", brief: "", members: { image: entry({}) } },
    stop: entry({}, {
      argument: { placeholder: "ID", brief: "", completes: "generation", read },
    }),
    script: entry({}, {
      argument: { placeholder: "SHELL", brief: "", choices: ["bash", "zsh"], read },
    }),
  },
};

const asked: string[] = [];

/** What could come next, as one line: the words, or what completes them. */
async function suggest(...words: readonly string[]): Promise<string> {
  const { candidates, paths } = await suggestWords(words, (kind, said) => {
    asked.push(`${kind} ${JSON.stringify([...said])}`);
    return Promise.resolve([{ text: "gen-a", brief: "" }, { text: "gen-b", brief: "" }]);
  }, TOOL);
  if (paths !== null) return `<${paths.kind} after "${paths.after}">`;
  return candidates.map(({ text }) => text).join(" ");
}

Deno.test("suggestWords() knows the commands, behind global options too", async () => {
  assertEquals(await suggest(""), "look make stop script help");
  assertEquals(await suggest("--format", "json", "loo"), "look");
  assertEquals(await suggest("make", ""), "image");
  assertEquals(await suggest("--nonsense", ""), "");
  assertEquals(await suggest("nonsense", ""), "");
  assertEquals(await suggest("help", "opt"), "options");
  assertEquals(await suggest("help", "make", ""), "image");
  assertEquals(await suggest("help", "look", ""), "");
});

Deno.test("suggestWords() knows the commands of the tool itself", async () => {
  const { candidates } = await suggestWords([""], () => Promise.resolve([]));
  assertEquals(
    candidates.map(({ text }) => text),
    [...Object.keys(COMMANDS.members), "help"],
  );
});

Deno.test("suggestWords() knows the options that are still to be given", async () => {
  assertEquals(await suggest("--ver"), "--verbose --version");
  assertEquals(await suggest("look", "--exi"), "--exit-code");
  assertEquals(await suggest("look", "--exit-code", "--exi"), "");
  assertEquals(await suggest("look", "--tag", "a", "--ta"), "--tag");
  assertEquals(await suggest("look", "-f", "json", "--form"), "");
  assertEquals(await suggest("look", "-t"), "-t");
  // It is refused there.
  assertEquals(await suggest("look", "--extr"), "");
  // A command without arguments offers its options at once.
  assertEquals((await suggest("look", "")).split(" ")[0], "--exit-code");
  assertEquals(await suggest("look", "--", ""), "");
});

Deno.test("suggestWords() knows fixed values, however the option is written", async () => {
  assertEquals(await suggest("look", "--format", ""), "table json yaml");
  assertEquals(await suggest("look", "--format=j"), "--format=json");
  assertEquals(await suggest("look", "-f", "y"), "yaml");
  assertEquals(await suggest("look", "-qfj"), "-qfjson");
  assertEquals(await suggest("-f", "y"), "yaml");
  assertEquals(await suggest("look", "--exit-code="), "--exit-code=true --exit-code=false");
  assertEquals(await suggest("script", ""), "bash zsh");
  assertEquals(await suggest("script", "bash", "z"), "");
});

Deno.test("suggestWords() leaves paths to the shell", async () => {
  assertEquals(await suggest("look", "--output", ""), '<file after "">');
  assertEquals(await suggest("look", "-oa"), '<file after "-o">');
  assertEquals(await suggest("--state-file=a"), '<file after "--state-file=">');
  assertEquals(await suggest("look", "--note", "X-Team"), "");
  assertEquals(await suggest("look", "--note=X-Team:a"), '<file after "--note=X-Team:">');
  assertEquals(await suggest("look", "--folder", ""), '<directory after "">');
});

Deno.test("suggestWords() asks for what it cannot know, with what was said before", async () => {
  asked.length = 0;
  assertEquals(await suggest("--api-url=a", "stop", "--token", "b", "gen-"), "gen-a gen-b");
  assertEquals(await suggest("stop", "--", "gen-b"), "gen-b");
  assertEquals(await suggest("stop", "gen-a", "gen-"), "");
  assertEquals(asked, ['generation [["apiUrl","a"],["token","b"]]', "generation []"]);
});

Deno.test("suggestWords() offers nothing for a value that only a person knows", async () => {
  assertEquals(await suggest("look", "--interval", ""), "");
  assertEquals(await suggest("look", "--interval="), "");
});

Deno.test("suggestWords() knows the words of a list with commas", async () => {
  assertEquals(await suggest("look", "--columns", "tit"), "title");
  assertEquals(await suggest("look", "--columns=title,na"), "--columns=title,name");
  assertEquals(await suggest("look", "--columns", "title,tit"), "");
});

Deno.test("suggestWords() knows an option whose value may be left out", async () => {
  assertEquals(await suggest("look", "--explain", "--inter"), "--interval");
  assertEquals(await suggest("look", "--explain", "--exit-code", "--exi"), "");
  assertEquals(await suggest("look", "--explain", "gen-"), "gen-a gen-b");
});
