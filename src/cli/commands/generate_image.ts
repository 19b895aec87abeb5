import { buildCommand } from "@stricli/core";
import { PLACEHOLDERS } from "../../generation/file_name.ts";
import { commandDocs } from "../command.ts";
import type { ParseContext } from "../command.ts";
import { GLOBAL_ALIASES, GLOBAL_FLAGS } from "../global_options.ts";
import type { GenerateOptions } from "../generate/generate_options.ts";
import { readLora, readSeed } from "../generate/image_values.ts";
import { generateImages } from "../generate/generate_images.ts";
import { durationReader, numberReader, readPath, readText, wholeNumberReader } from "../values.ts";

const PLACEHOLDER_HELP = Object.entries(PLACEHOLDERS)
  .map(([name, meaning]) => `  {${name}}`.padEnd(16) + meaning)
  .join("\n");

/** `asset-generator generate image`. */
export const command = buildCommand<GenerateOptions, [], ParseContext>({
  docs: commandDocs({
    brief: "Make images",
    text:
      "Makes images on the server and tells other processes about it while it does. Only what\n" +
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
  }),
  parameters: {
    flags: {
      prompt: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "TEXT",
        brief: "What to show; required",
      },
      model: {
        kind: "parsed",
        parse: readText,
        optional: true,
        placeholder: "NAME",
        brief: "The model to generate with",
      },
      negativePrompt: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "TEXT",
        brief: "What not to show",
      },
      batch: {
        kind: "parsed",
        parse: wholeNumberReader({ min: 1, max: 10_000 }),
        optional: true,
        placeholder: "N",
        brief: "How many images [1]",
      },
      width: {
        kind: "parsed",
        parse: wholeNumberReader({ min: 64, max: 16_384 }),
        optional: true,
        placeholder: "PIXELS",
        brief: "Width [the model's]",
      },
      height: {
        kind: "parsed",
        parse: wholeNumberReader({ min: 64, max: 16_384 }),
        optional: true,
        placeholder: "PIXELS",
        brief: "Height [the model's]",
      },
      length: {
        kind: "parsed",
        parse: wholeNumberReader({ min: 64, max: 16_384 }),
        optional: true,
        placeholder: "PIXELS",
        brief: "The same as --height",
      },
      steps: {
        kind: "parsed",
        parse: wholeNumberReader({ min: 0, max: 500 }),
        optional: true,
        placeholder: "N",
        brief: "Steps [the server's]",
      },
      seed: {
        kind: "parsed",
        parse: readSeed,
        optional: true,
        placeholder: "N",
        brief: "Seed of the first image, the next ones count up; -1: any",
      },
      cfgScale: {
        kind: "parsed",
        parse: numberReader({ min: 0, max: 100 }),
        optional: true,
        placeholder: "N",
        brief: "How closely to follow the prompt [the server's]",
      },
      sampler: {
        kind: "parsed",
        parse: readText,
        optional: true,
        placeholder: "NAME",
        brief: "Sampler, as the server names it",
      },
      scheduler: {
        kind: "parsed",
        parse: readText,
        optional: true,
        placeholder: "NAME",
        brief: "Scheduler, as the server names it",
      },
      lora: {
        kind: "parsed",
        parse: readLora,
        optional: true,
        variadic: true,
        placeholder: "NAME[:WEIGHT]",
        brief: "A LoRA and its weight [1]; for several, once each",
      },
      saveImages: {
        kind: "boolean",
        optional: true,
        withNegated: false,
        brief: "Save the pictures as files",
      },
      outputDir: {
        kind: "parsed",
        parse: readPath,
        optional: true,
        placeholder: "DIR",
        brief: "Where to save them [.]",
      },
      filenameTemplate: {
        kind: "parsed",
        parse: readText,
        optional: true,
        placeholder: "TEMPLATE",
        brief: "How to name them [{original}.{ext}]",
      },
      noWebsocket: {
        kind: "boolean",
        optional: true,
        withNegated: false,
        brief: "Use plain HTTP only, e.g. behind a proxy without WebSocket",
      },
      progress: {
        kind: "enum",
        values: ["auto", "bar", "json", "none"],
        optional: true,
        placeholder: "MODE",
        brief: "Progress on stderr: a line on a terminal, NDJSON, or none [auto]",
      },
      timeout: {
        kind: "parsed",
        parse: durationReader({ minMs: 100, maxMs: 7 * 86_400_000 }),
        optional: true,
        placeholder: "DURATION",
        brief: "Stop after this long, as 90s or 10m, with exit code 3",
      },
      ...GLOBAL_FLAGS,
    },
    aliases: {
      ...GLOBAL_ALIASES,
      p: "prompt",
      n: "negativePrompt",
      b: "batch",
      w: "width",
      l: "length",
    },
  },
  func(options): void {
    this.accept(options, (context) => generateImages(options, context));
  },
});
