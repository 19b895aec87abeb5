import { PLACEHOLDERS } from "../../generation/file_name.ts";
import type { Command } from "../command.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import { choiceOption, listOption, switchOption, valueOption } from "../option.ts";
import type { GenerateOptions } from "../generate/generate_options.ts";
import { readLora, readSeed } from "../generate/image_values.ts";
import { generateImages } from "../generate/generate_images.ts";
import { durationReader, numberReader, readPath, readText, wholeNumberReader } from "../values.ts";

const PLACEHOLDER_HELP = Object.entries(PLACEHOLDERS)
  .map(([name, meaning]) => `  {${name}}`.padEnd(16) + meaning)
  .join("\n");

/** `asset-generator generate image`. */
export const command: Command<GenerateOptions> = {
  brief: "Make images",
  text: "Makes images on the server and tells other processes about it while it does. Only what\n" +
    "you say is sent, the server's defaults do the rest; without a size the model's own is used.\n" +
    "Without --model: ASSET_GENERATOR_MODEL, else the only model that is loaded.\n\n" +
    "Ctrl-C stops the server's work too and waits until it has stopped; a second Ctrl-C leaves at\n" +
    "once. Exit code 0 only if every image asked for arrived.\n\n" +
    `PLACEHOLDERS of --filename-template\n${PLACEHOLDER_HELP}`,
  examples: [
    { line: 'generate image --prompt "a lighthouse at dawn"', does: "One image" },
    {
      line: "generate image -p 'a cat' --batch 4 --save-images --output-dir out",
      does: "Four images, saved",
    },
    {
      line: "generate image -p 'a cat' --model sdxl/base --lora detail:0.8 --seed 42",
      does: "A model, a LoRA and a seed",
    },
    {
      line: "generate image -p 'a cat' --format json | jq -r '.images[].url'",
      does: "For scripts",
    },
  ],
  options: {
    prompt: valueOption({
      letter: "p",
      placeholder: "TEXT",
      brief: "What to show; required",
      read: String,
    }),
    model: valueOption({
      placeholder: "NAME",
      brief: "The model to generate with",
      read: readText,
    }),
    negativePrompt: valueOption({
      letter: "n",
      placeholder: "TEXT",
      brief: "What not to show",
      read: String,
    }),
    batch: valueOption({
      letter: "b",
      placeholder: "N",
      brief: "How many images",
      default: "1",
      read: wholeNumberReader({ min: 1, max: 10_000 }),
    }),
    width: valueOption({
      letter: "w",
      placeholder: "PIXELS",
      brief: "Width",
      default: "the model's",
      read: wholeNumberReader({ min: 64, max: 16_384 }),
    }),
    height: valueOption({
      placeholder: "PIXELS",
      brief: "Height",
      default: "the model's",
      read: wholeNumberReader({ min: 64, max: 16_384 }),
    }),
    length: valueOption({
      letter: "l",
      placeholder: "PIXELS",
      brief: "The same as --height",
      read: wholeNumberReader({ min: 64, max: 16_384 }),
    }),
    steps: valueOption({
      placeholder: "N",
      brief: "Steps",
      default: "the server's",
      read: wholeNumberReader({ min: 0, max: 500 }),
    }),
    seed: valueOption({
      placeholder: "N",
      brief: "Seed of the first image, the next ones count up; -1: any",
      read: readSeed,
    }),
    cfgScale: valueOption({
      placeholder: "N",
      brief: "How closely to follow the prompt",
      default: "the server's",
      read: numberReader({ min: 0, max: 100 }),
    }),
    sampler: valueOption({
      placeholder: "NAME",
      brief: "Sampler, as the server names it",
      read: readText,
    }),
    scheduler: valueOption({
      placeholder: "NAME",
      brief: "Scheduler, as the server names it",
      read: readText,
    }),
    lora: listOption({
      placeholder: "NAME[:WEIGHT]",
      brief: "A LoRA and its weight [1]; for several, once each",
      read: readLora,
    }),
    saveImages: switchOption({ brief: "Save the pictures as files" }),
    outputDir: valueOption({
      placeholder: "DIR",
      brief: "Where to save them",
      default: ".",
      read: readPath,
    }),
    filenameTemplate: valueOption({
      placeholder: "TEMPLATE",
      brief: "How to name them",
      default: "{original}.{ext}",
      read: readText,
    }),
    noWebsocket: switchOption({
      brief: "Use plain HTTP only, e.g. behind a proxy without WebSocket",
    }),
    progress: choiceOption({
      placeholder: "MODE",
      brief: "Progress on stderr: a line on a terminal, NDJSON, or none",
      default: "auto",
      choices: ["auto", "bar", "json", "none"],
    }),
    timeout: valueOption({
      placeholder: "DURATION",
      brief: "Stop after this long, as 90s or 10m, with exit code 3",
      read: durationReader({ minMs: 100, maxMs: 7 * 86_400_000 }),
    }),
    ...GLOBAL_OPTIONS,
  },
  modelOf: ({ model }) => model,
  run: generateImages,
};
