/** How options are written: the conventions of GNU, and the exact errors. */
import { assertEquals, assertRejects } from "@std/assert";
import type { Command } from "../../src/cli/command.ts";
import { GLOBAL_OPTIONS } from "../../src/cli/global_options.ts";
import type { GlobalOptions } from "../../src/cli/global_options.ts";
import { choiceOption, listOption, switchOption, valueOption } from "../../src/cli/option.ts";
import { parseCommand } from "../../src/cli/parse.ts";
import { wholeNumberReader } from "../../src/cli/quantities.ts";
import { readText } from "../../src/cli/values.ts";
import { UsageError } from "../../src/errors.ts";

interface TryOptions extends GlobalOptions {
  readonly prompt: string | undefined;
  readonly seed: number | undefined;
  readonly dryRun: boolean | undefined;
  readonly tag: readonly string[] | undefined;
  readonly mode: "fast" | "good" | undefined;
}

/** @param heard Called with the argument that is no option. */
function makeCommand(heard: string[]): Command<TryOptions> {
  return {
    text: "",
    examples: [],
    options: {
      prompt: valueOption({ letter: "p", placeholder: "TEXT", brief: "", read: String }),
      seed: valueOption({
        placeholder: "N",
        brief: "",
        read: wholeNumberReader({ min: -1, max: 9 }),
      }),
      dryRun: switchOption({ letter: "n", brief: "" }),
      tag: listOption({ letter: "t", placeholder: "TAG", brief: "", read: readText }),
      mode: choiceOption({ placeholder: "MODE", brief: "", choices: ["fast", "good"] }),
      ...GLOBAL_OPTIONS,
      output: { ...GLOBAL_OPTIONS.output, refused: "it has no result" },
      token: { ...GLOBAL_OPTIONS.token, refused: "it asks nobody" },
    },
    argument: {
      placeholder: "ID",
      brief: "",
      read: (text) => {
        heard.push(readText(text));
        return text;
      },
    },
    run: () => Promise.resolve(0),
  };
}

/** The result of some arguments: the options that were given, and `ID`. */
async function read(args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const heard: string[] = [];
  const parsed = await parseCommand(makeCommand(heard), { words: ["try"], rest: args });
  if (parsed.kind === "help") return { text: parsed.text.split("\n", 1)[0] };
  if (parsed.kind === "version") return { asked: "version" };
  const given = Object.entries(parsed.command.options).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), ...(heard.length > 0 ? { ID: heard.join(" ") } : {}) };
}

for (
  const [args, said] of [
    [[], {}],
    // Values, in every form.
    [["-f", "yaml"], { format: "yaml" }],
    [["-fyaml"], { format: "yaml" }],
    [["-f=yaml"], { format: "yaml" }],
    [["--format", "yaml"], { format: "yaml" }],
    [["--format=yaml"], { format: "yaml" }],
    [["--prompt=a=b"], { prompt: "a=b" }],
    [["-p==b"], { prompt: "=b" }],
    [["-pa=b"], { prompt: "a=b" }],
    [["--prompt", "one\ntwo"], { prompt: "one\ntwo" }],
    [["--prompt=one\ntwo"], { prompt: "one\ntwo" }],
    [["-pone\ntwo"], { prompt: "one\ntwo" }],
    [["-péé"], { prompt: "éé" }],
    // Empty values.
    [["--prompt", ""], { prompt: "" }],
    [["--prompt="], { prompt: "" }],
    [["-p", ""], { prompt: "" }],
    [["-p="], { prompt: "" }],
    // Values that begin with a dash.
    [["--seed", "-1"], { seed: -1 }],
    [["--seed=-1"], { seed: -1 }],
    [["--prompt", "-"], { prompt: "-" }],
    [["-p-"], { prompt: "-" }],
    [["-p--"], { prompt: "--" }],
    [["--prompt", "-foo"], { prompt: "-foo" }],
    [["--prompt", "-n is no switch here"], { prompt: "-n is no switch here" }],
    [["--prompt", "--fog-horn", "-n"], { prompt: "--fog-horn", dryRun: true }],
    [["--prompt=--quiet"], { prompt: "--quiet" }],
    [["-p-q"], { prompt: "-q" }],
    [["--prompt=--"], { prompt: "--" }],
    // Switches.
    [["--dry-run"], { dryRun: true }],
    [["-qv"], { quiet: true, verbose: true }],
    [["-qnf", "json"], { quiet: true, dryRun: true, format: "json" }],
    [["-qfjson"], { quiet: true, format: "json" }],
    [["-qf=json"], { quiet: true, format: "json" }],
    [["--dry-run=true"], { dryRun: true }],
    [["--dry-run=No"], { dryRun: false }],
    [["-n=false"], { dryRun: false }],
    [["-qn=0"], { quiet: true, dryRun: false }],
    [["--no-color"], { noColor: true }],
    [["--color=never"], { color: "never" }],
    [["--get", "images[].url"], { get: "images[].url" }],
    [["--get=.backends[0].id"], { get: ".backends[0].id" }],
    // Repeated options: the last one counts, unless the option collects values.
    [["-f", "json", "--format=yaml"], { format: "yaml" }],
    [["-nn", "--dry-run=false"], { dryRun: false }],
    [["-ta", "--tag", "b", "--tag=c"], { tag: ["a", "b", "c"] }],
    // Arguments that are no options.
    [["7f3k"], { ID: "7f3k" }],
    [["-n", "true"], { dryRun: true, ID: "true" }],
    [["-"], { ID: "-" }],
    [["--", "-n"], { ID: "-n" }],
    [["-n", "--", "--"], { dryRun: true, ID: "--" }],
    [["-n", "7f3k", "-q", "--"], { dryRun: true, quiet: true, ID: "7f3k" }],
    [["--", "--help"], { ID: "--help" }],
    // Texts.
    [["-h"], { text: "USAGE" }],
    [["-z", "-qh"], { text: "USAGE" }],
    [["--prompt", "--help"], { text: "USAGE" }],
    [["-V", "x", "y"], { asked: "version" }],
    [["-ph"], { prompt: "h" }],
    [["-pV"], { prompt: "V" }],
  ] as const
) {
  Deno.test(`parseCommand() understands ${JSON.stringify(args)}`, async () => {
    assertEquals(await read(args), said);
  });
}

const EXPECTED_FORMAT = "expected table, json or yaml";
const SEE = "(see asset-generator try --help)";

for (
  const [args, message] of [
    // Values that are missing.
    [["--format"], `Cannot use --format without a value: ${EXPECTED_FORMAT}`],
    [["-f"], `Cannot use --format without a value: ${EXPECTED_FORMAT}`],
    [["-qf"], `Cannot use --format without a value: ${EXPECTED_FORMAT}`],
    [["--prompt", "--"], `Cannot use --prompt without a value ${SEE}`],
    ...(["--quiet", "-q", "--quiet=true", "-q=true"] as const).map((next) =>
      [
        ["--format", next],
        "Cannot use --format without a value: --quiet follows it " +
        "(write --format=VALUE if the value begins with a dash)",
      ] as const
    ),
    [
      ["-qp", "--seed=1"],
      "Cannot use --prompt without a value: --seed follows it " +
      "(write --prompt=VALUE if the value begins with a dash)",
    ],
    // Values that make no sense.
    [["-fxml"], 'Cannot use --format "xml": expected table, json or yaml'],
    [["-f-q"], 'Cannot use --format "-q": expected table, json or yaml'],
    [["--format="], 'Cannot use --format "": expected table, json or yaml'],
    [["--mode", "best"], 'Cannot use --mode "best": expected fast or good'],
    [["--seed", "x", "--seed", "1"], 'Cannot use --seed "x": expected a whole number from -1 to 9'],
    [["--seed", "-2"], 'Cannot use --seed "-2": expected a whole number from -1 to 9'],
    [["-ta", "-t="], 'Cannot use --tag "": it is empty (give a value, or leave it out)'],
    [["--dry-run=maybe"], 'Cannot use --dry-run "maybe": expected true or false'],
    [["--dry-run="], 'Cannot use --dry-run "": expected true or false'],
    [["-n=maybe"], 'Cannot use --dry-run "maybe": expected true or false'],
    [[""], 'Cannot use the argument "": it is empty (give a value, or leave it out)'],
    ...["", "a..b", "images[", "a b", "[].", "$.x"].map((path) =>
      [
        [`--get=${path}`],
        `Cannot use --get "${path}": ` +
        "expected a path such as verdict, backends.0.id or images[].url",
      ] as const
    ),
    // Secret values, which errors do not show.
    [["--api-key="], "Cannot use --api-key: it is empty (give a value, or leave it out)"],
    [["--api-key", "ключ"], "Cannot use --api-key: expected printable ASCII characters only"],
    [["--token", "hunter2"], "Cannot use --token: it asks nobody"],
    // Options that the command does not use.
    [["-ofile"], 'Cannot use --output "file": it has no result'],
    // Unknown options.
    [
      ["--formatt", "json"],
      "Cannot use --formatt: there is no such option (did you mean --format?)",
    ],
    [["--Format=json"], "Cannot use --Format: there is no such option (did you mean --format?)"],
    [["--apiUrl=x"], "Cannot use --apiUrl: there is no such option (did you mean --api-url?)"],
    [["--outptu=x"], `Cannot use --outptu: there is no such option ${SEE}`],
    [["--xyzzy=hunter2"], `Cannot use --xyzzy: there is no such option ${SEE}`],
    [["--no-quiet"], `Cannot use --no-quiet: there is no such option ${SEE}`],
    [["--constructor"], `Cannot use --constructor: there is no such option ${SEE}`],
    [["-z"], `Cannot use -z: there is no such option ${SEE}`],
    [["-qz=hunter2"], `Cannot use -z: there is no such option ${SEE}`],
    [["--hlep"], "Cannot use --hlep: there is no such option (did you mean --help?)"],
    [["--verison"], "Cannot use --verison: there is no such option (did you mean --version?)"],
    [["-help"], "Cannot use -help: there is no such option (did you mean --help?)"],
    [["-format=json"], "Cannot use -format: there is no such option (did you mean --format?)"],
    [["-prompt", "x"], "Cannot use -prompt: there is no such option (did you mean --prompt?)"],
    [["-formatt"], 'Cannot use --format "ormatt": expected table, json or yaml'],
    [["-F", "json"], "Cannot use -F: there is no such option (did you mean -f?)"],
    [["-1"], `Cannot use -1: there is no such option ${SEE}`],
    // Unexpected arguments.
    [["a", "b"], `Cannot use the argument "b": expected at most one argument ${SEE}`],
    [["a", "--", "-q"], `Cannot use the argument "-q": expected at most one argument ${SEE}`],
  ] as const
) {
  Deno.test(`parseCommand() refuses ${JSON.stringify(args)}`, async () => {
    const error = await assertRejects(() => read(args), UsageError);
    assertEquals(error.message, message);
  });
}
