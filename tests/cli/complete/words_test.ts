import { assertEquals } from "@std/assert";
import { suggestWords } from "../../../src/cli/complete/words.ts";
import { COMMANDS } from "../../../src/cli/command_table.ts";

const asked: string[] = [];

/** What could come next, as one line: words, or who completes. */
async function suggest(...words: readonly string[]): Promise<string> {
  const { candidates, paths } = await suggestWords(words, (kind, said) => {
    asked.push(`${kind} ${JSON.stringify([...said])}`);
    return Promise.resolve([{ text: "gen-a", brief: "" }, { text: "gen-b", brief: "" }]);
  });
  if (paths !== null) return `<${paths.kind} after "${paths.after}">`;
  return candidates.map(({ text }) => text).join(" ");
}

Deno.test("suggestWords() knows the commands, behind global options too", async () => {
  assertEquals(await suggest(""), `${Object.keys(COMMANDS.members).join(" ")} help`);
  assertEquals(await suggest("--format", "json", "sta"), "status");
  assertEquals(await suggest("generate", ""), "image");
  assertEquals(await suggest("--nonsense", ""), "");
  assertEquals(await suggest("nonsense", ""), "");
  assertEquals(await suggest("help", "opt"), "options");
  assertEquals(await suggest("help", "generate", ""), "image");
  assertEquals(await suggest("help", "status", ""), "");
});

Deno.test("suggestWords() knows the options that are still to be given", async () => {
  assertEquals(await suggest("--ver"), "--verbose --version");
  assertEquals(await suggest("status", "--exit-code", "--ex"), "");
  assertEquals(await suggest("generate", "image", "--lora", "a", "--lora"), "--lora");
  assertEquals(await suggest("generate", "image", "-p", "a", "--prompt"), "--prompt-file");
  assertEquals(await suggest("status", "-f"), "-f");
  // Refused there.
  assertEquals(await suggest("events", "--output"), "");
  // What takes no argument offers its options at once.
  assertEquals((await suggest("doctor", "")).split(" ")[0], "--api-url");
  assertEquals(await suggest("doctor", "--", ""), "");
});

Deno.test("suggestWords() knows fixed values, however the option is written", async () => {
  assertEquals(await suggest("status", "--format", ""), "table json yaml");
  assertEquals(await suggest("status", "--format=j"), "--format=json");
  assertEquals(await suggest("status", "-f", "y"), "yaml");
  assertEquals(await suggest("status", "-qfj"), "-qfjson");
  assertEquals(await suggest("-f", "y"), "yaml");
  assertEquals(await suggest("status", "--quiet="), "--quiet=true --quiet=false");
  assertEquals(await suggest("events", "-f", ""), "json");
  assertEquals(await suggest("completions", ""), "bash zsh fish powershell");
  assertEquals(await suggest("completions", "bash", "z"), "");
});

Deno.test("suggestWords() leaves paths to the shell", async () => {
  assertEquals(await suggest("status", "--output", ""), '<file after "">');
  assertEquals(await suggest("status", "-oa"), '<file after "-o">');
  assertEquals(await suggest("--state-file=a"), '<file after "--state-file=">');
  assertEquals(await suggest("generate", "image", "--output-dir", ""), '<directory after "">');
});

Deno.test("suggestWords() asks for what it cannot know, with what was said before", async () => {
  asked.length = 0;
  assertEquals(await suggest("--api-url=a", "cancel", "--token", "b", "gen-"), "gen-a gen-b");
  assertEquals(await suggest("cancel", "--", "gen-b"), "gen-b");
  assertEquals(await suggest("cancel", "gen-a", "gen-"), "");
  assertEquals(asked, ['generation [["apiUrl","a"],["token","b"]]', "generation []"]);
});

Deno.test("suggestWords() offers nothing for a value that only a person knows", async () => {
  assertEquals(await suggest("status", "--interval", ""), "");
  assertEquals(await suggest("generate", "image", "--prompt="), "");
});

Deno.test("suggestWords() knows the words of a list with commas", async () => {
  assertEquals(await suggest("presets", "list", "--columns", "tit"), "title");
  assertEquals(
    await suggest("presets", "list", "--columns=title,auth"),
    "--columns=title,author",
  );
  assertEquals(await suggest("presets", "list", "--columns", "title,tit"), "");
});

Deno.test("suggestWords() knows an option whose value may be left out", async () => {
  assertEquals(await suggest("generate", "image", "--param-help", "--dry"), "--dry-run");
  assertEquals(await suggest("generate", "image", "--param-help", "--dry-run", "--not"), "");
  assertEquals(await suggest("generate", "image", "--param-help", "gen-"), "gen-a gen-b");
});
