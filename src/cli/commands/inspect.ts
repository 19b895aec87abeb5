import type { Command } from "../command.ts";
import type { GlobalOptions } from "../global_options.ts";
import { GLOBAL_OPTIONS, refuseRecordOptions } from "../global_options.ts";
import { inspectFiles } from "../inspect/inspect_files.ts";
import { switchOption } from "../option.ts";
import { readPath } from "../values.ts";

const ASKS_NOBODY = "inspect asks no server";

/** The options of `inspect`; `undefined`: not given. */
export interface InspectOptions extends GlobalOptions {
  readonly asCommand: boolean | undefined;
}

/** `asset-generator inspect`. */
export const command: Command<InspectOptions> = {
  text: "Prints what a PNG, JPEG or WebP file says about how it was made: prompt, model, seed, " +
    "size, LoRAs, the ID of the generation, and everything else that SwarmUI wrote into it. " +
    "Pictures of A1111 and ComfyUI are recognised, and their texts are shown unchanged. No " +
    "server is asked.",
  examples: [
    { line: "inspect cat.png", does: "How a picture was made" },
    { line: "inspect --as-command cat.png", does: "The command that makes it again" },
    { line: "inspect *.png --get 'files[].seed'", does: "The seeds of many pictures" },
  ],
  argument: {
    placeholder: "FILE...",
    brief: "PNG, JPEG or WebP files; - reads one from standard input",
    isRequired: true,
    isRepeated: true,
    completes: "file",
    read: readPath,
  },
  options: {
    asCommand: switchOption({
      brief: "Print a command line for each picture of SwarmUI that makes it again",
    }),
    ...GLOBAL_OPTIONS,
    apiUrl: { ...GLOBAL_OPTIONS.apiUrl, refused: ASKS_NOBODY },
    apiKey: { ...GLOBAL_OPTIONS.apiKey, refused: ASKS_NOBODY },
    token: { ...GLOBAL_OPTIONS.token, refused: ASKS_NOBODY },
    requestTimeout: { ...GLOBAL_OPTIONS.requestTimeout, refused: ASKS_NOBODY },
    ...refuseRecordOptions("inspect keeps no records"),
  },
  run: ({ asCommand = false }, context, first = "", more) =>
    inspectFiles([first, ...more], { asCommand }, context),
};
