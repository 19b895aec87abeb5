import type { AttachOptions } from "../attach/attach_generation.ts";
import { attachGeneration } from "../attach/attach_generation.ts";
import { GENERATION_ARGUMENT } from "../attach/find_generation.ts";
import type { Command } from "../command.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import { switchOption } from "../option.ts";
import { PROGRESS_OPTION } from "../generate/generate_options.ts";
import { savingOptionTable } from "../generate/saving_options.ts";

/** `asset-generator attach`. */
export const command: Command<AttachOptions> = {
  text: "Follows a generation of this user to its end, whichever terminal and directory it was " +
    "started from, and prints the same result as generate image. Its process may be gone: a " +
    "generation that was detached or killed is followed by the server's counters. For a day " +
    "after the end, the result is printed at once. With --save-images its pictures are " +
    "saved here, even if they were also saved elsewhere.\n\n" +
    "Ctrl-C ends only attach; the generation goes on. The exit code is that of the " +
    "generation: 0 only if every image was made.",
  examples: [
    { line: "attach", does: "Follow the only generation that is running" },
    {
      line: "attach gen-7f3k9x2q --save-images --output-dir out",
      does: "Follow that one, and save its pictures in the directory out",
    },
  ],
  options: {
    ...savingOptionTable({
      templateBrief: "File names for --save-images, as of generate image",
    }),
    cancelOnInterrupt: switchOption({
      brief: "Ctrl-C stops the generation's work on the server too",
    }),
    progress: PROGRESS_OPTION,
    ...GLOBAL_OPTIONS,
  },
  argument: GENERATION_ARGUMENT,
  run: (options, context, id) => attachGeneration(options, { context, id }),
};
