import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import { listOption, switchOption, valueOption } from "../option.ts";
import type { Option, ValueKind } from "../option.ts";
import { ANY_SERVER, PROGRESS_OPTION } from "../generate/generate_options.ts";
import type { GenerateOptions } from "../generate/generate_options.ts";
import { readLora, readSeed, readWeight } from "../generate/image_values.ts";
import { generateImages } from "../generate/generate_images.ts";
import { showRequest } from "../generate/dry_run.ts";
import { readPrompt } from "../generate/read_prompt.ts";
import { takeOriginalOptions } from "../generate/original_options.ts";
import { applicableDefaults, takeOwnParameters } from "../generate/own_parameters.ts";
import { keyOf, readParam } from "../generate/param_option.ts";
import { explainParameters } from "../generate/explain_parameters.ts";
import { durationReader, numberReader, wholeNumberReader } from "../quantities.ts";
import { readPath, readServerName, readText } from "../values.ts";
import { savingOptionTable, TEMPLATE_HELP } from "../generate/saving_options.ts";

const SIDE = { placeholder: "PIXELS", read: wholeNumberReader({ min: 64, max: 16_384 }) };
const SIZE = {
  ...SIDE,
  alsoCalled: ["size", "resolution", "dimensions"],
  default: "the model's",
};

/** `asset-generator generate image`. */
export const command: Command<GenerateOptions> = {
  text: "Makes images on the server, and lets other processes see the progress. Only the " +
    "options you set are sent; the server's defaults do the rest. Without a size, the " +
    "model's own is used. Without --model: the model of ASSET_GENERATOR_MODEL, else the " +
    "only model that is loaded, else the only one there is, else the server's default.\n\n" +
    "Ctrl-C stops the work on the server too, and waits until it has stopped; a second " +
    "Ctrl-C ends at once. The exit code is 0 only if every image arrived.",
  examples: [
    { line: 'generate image --prompt "a lighthouse at dawn"', does: "One image" },
    {
      line: "generate image -p cat -b 4 --save-images --output-dir out",
      does: "Four images, saved in the directory out",
    },
    {
      line: 'generate image -p "a cat" --width 512 --height 512 --seed 42',
      does: "A size, and a seed to get the same image again",
    },
    {
      line: 'generate image -p "a cat" --server any',
      does: "On the server of the configuration file that suits best",
    },
    {
      line: 'generate image -p "a cat" --save-images --quiet',
      does: "For scripts: print only where the picture was saved",
    },
  ],
  more: `PARAMETERS of --param
  VALUE is everything after the first =. A list is a,b or JSON. A picture is the
  path of a file here, or server:raw/… for one of yours on the server.

${TEMPLATE_HELP}`,
  argumentMeans: "--prompt",
  options: {
    prompt: valueOption({
      letter: "p",
      placeholder: "TEXT",
      brief: "What the image shows; - reads it from standard input; required",
      read: String,
    }),
    promptFile: valueOption({
      placeholder: "FILE",
      brief: "Read the prompt from a file instead",
      read: readPath,
    }),
    stylePrefix: valueOption({
      placeholder: "TEXT",
      brief: "Text to put before the prompt, with a comma",
      read: readText,
    }),
    model: nameOption("model", "The model to generate with"),
    negativePrompt: valueOption({
      letter: "n",
      placeholder: "TEXT",
      brief: "What the image does not show",
      read: String,
    }),
    batch: valueOption({
      alsoCalled: ["images", "count", "num", "number", "n", "batch-size", "num-images"],
      letter: "b",
      placeholder: "N",
      brief: "How many images",
      default: "1",
      read: wholeNumberReader({ min: 1, max: 10_000 }),
    }),
    width: valueOption({ ...SIZE, letter: "w", brief: "Width" }),
    height: valueOption({ ...SIZE, brief: "Height" }),
    length: valueOption({ ...SIDE, letter: "l", brief: "The same as --height" }),
    steps: valueOption({
      placeholder: "N",
      brief: "How many steps",
      default: "the server's",
      read: wholeNumberReader({ min: 0, max: 500 }),
    }),
    seed: valueOption({
      placeholder: "N",
      brief: "Seed of the first image, counted up for the next ones; -1 means random",
      read: readSeed,
    }),
    cfgScale: valueOption({
      placeholder: "N",
      brief: "How closely to follow the prompt",
      default: "the server's",
      read: numberReader({ min: 0, max: 100 }),
    }),
    sampler: nameOption("sampler", "Sampler, as the server names it"),
    scheduler: nameOption("scheduler", "Scheduler, as the server names it"),
    lora: listOption({
      placeholder: "NAME[:WEIGHT]",
      brief: "A LoRA and its weight, which is 1 if left out",
      completes: "lora",
      read: readLora,
    }),
    loraWeight: listOption({
      placeholder: "WEIGHT",
      brief: "The weight of a LoRA that has none beside its name, in the order of the LoRAs",
      read: readWeight,
    }),
    loraDefaultWeight: valueOption({
      placeholder: "WEIGHT",
      brief: "The weight of the LoRAs that have none",
      default: "1",
      read: readWeight,
    }),
    vae: nameOption("vae", "The VAE to use"),
    preset: listOption({
      placeholder: "TITLE",
      brief: "A preset of yours on the server; it replaces options that set the same",
      completes: "preset",
      read: readText,
    }),
    initImage: valueOption({
      placeholder: "FILE",
      brief: "A picture to begin with",
      read: readPath,
    }),
    mask: valueOption({
      placeholder: "FILE",
      brief: "With --init-image: a picture that is white where it may change",
      read: readPath,
    }),
    variationSeed: valueOption({
      placeholder: "N",
      brief: "With --variation-strength: the seed of the variation; -1 means random",
      read: wholeNumberReader({ min: -1, max: 2 ** 32 - 1 }),
    }),
    variationStrength: valueOption({
      placeholder: "N",
      brief: "How much of the variation's seed to use, from 0 to 1",
      read: numberReader({ min: 0, max: 1 }),
    }),
    param: listOption({
      placeholder: "KEY=VALUE",
      brief: "Any other parameter of the server; a file's path for a picture",
      completes: "parameter",
      read: readParam,
    }),
    paramHelp: valueOption({
      placeholder: "[KEY]",
      brief: "List the server's parameters, or explain one; makes no image",
      bare: "",
      completes: "parameter-name",
      read: String,
    }),
    dryRun: switchOption({ brief: "Print the request as JSON, checked, and make no image" }),
    ...savingOptionTable({ templateBrief: "File names for --save-images" }),
    detach: switchOption({
      brief: "Print the generation's ID and exit as soon as the server is working on it",
    }),
    noTag: switchOption({
      brief: "Do not write this generation's ID into the pictures' metadata",
    }),
    websocket: switchOption({ brief: "Use the WebSocket, which is the default" }),
    noWebsocket: switchOption({
      brief: "Use plain HTTP, for example behind a proxy without WebSocket",
    }),
    progress: PROGRESS_OPTION,
    timeout: valueOption({
      placeholder: "DURATION",
      brief: "Stop after this time, such as 90s or 10m, with exit code 3",
      read: durationReader({ minMs: 100, maxMs: 7 * 86_400_000 }),
    }),
    ...GLOBAL_OPTIONS,
    server: {
      ...GLOBAL_OPTIONS.server,
      completes: "server-or-any",
      brief: "Server of the configuration file to use; any takes the one that suits best: idle " +
        "with the model loaded, else idle, else with the least to do",
      read: (text) => text === ANY_SERVER ? text : readServerName(text),
    },
  },
  defaults: { section: "generate", applicable: applicableDefaults },
  asksMany: ({ server }) => server === ANY_SERVER,
  modelOf: ({ model, param }) =>
    model ?? param?.findLast(({ key }) => keyOf(key) === "model")?.text,
  run: async (options, context) => {
    const { paramHelp } = options;
    if (paramHelp !== undefined) {
      return await onItsServer(options, context, (one) => explainParameters(paramHelp, one));
    }
    const taken = takeOwnParameters(options, command.options);
    const read = await readPrompt(taken, {
      openFiles: () => context.adapters.inputFiles(),
      clock: context.clock,
    });
    const asked = takeOriginalOptions(read);
    if (!asked.dryRun) return await generateImages(asked, context);
    return await onItsServer(asked, context, (one) => showRequest(asked, one));
  },
};

/** An option that names something that the server has. */
function nameOption(completes: ValueKind, brief: string): Option<string> {
  return valueOption({ placeholder: "NAME", brief, completes, read: readText });
}

/** On the server that is meant, or with `--server any` on the one that would get the generation. */
async function onItsServer(
  options: GenerateOptions,
  context: CommandContext,
  ask: (context: CommandContext) => Promise<ExitCode>,
): Promise<ExitCode> {
  if (options.server !== ANY_SERVER) return await ask(context);
  const { askAnywhere } = await import("../fleet/send_anywhere.ts");
  return await askAnywhere(options, context, ask);
}
