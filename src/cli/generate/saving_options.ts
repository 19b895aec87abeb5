/** The options about saving pictures. */
import { UsageError } from "../../errors.ts";
import {
  cleanTemplate,
  PLACEHOLDERS,
  unknownPlaceholders,
} from "../../generation/pictures/file_name.ts";
import { switchOption, valueOption } from "../option.ts";
import type { OptionTable } from "../option.ts";
import { listOf, quote, readPath, readText } from "../values.ts";

/** What the help says about templates. */
export const TEMPLATE_HELP = `PLACEHOLDERS of --filename-template\n${
  Object.entries(PLACEHOLDERS)
    .map(([name, meaning]) => `  {${name}}`.padEnd(16) + meaning)
    .join("\n")
}`;

/** How pictures are saved; `undefined`: not given. */
export interface SavingOptions {
  readonly saveImages: boolean | undefined;
  readonly outputDir: string | undefined;
  readonly filenameTemplate: string | undefined;
  readonly force: boolean | undefined;
}

/** The table of these options, for `generate image` and `attach`. */
export function savingOptionTable(
  { templateBrief }: { readonly templateBrief: string },
): OptionTable<SavingOptions> {
  return {
    saveImages: switchOption({ brief: "Save the pictures as files" }),
    outputDir: valueOption({
      placeholder: "DIR",
      brief: "Directory for --save-images",
      default: ".",
      read: readPath,
    }),
    force: switchOption({ brief: "With --save-images: replace files of the same name" }),
    filenameTemplate: valueOption({
      placeholder: "TEMPLATE",
      brief: templateBrief,
      default: "{original}.{ext}",
      read: readText,
    }),
  };
}

/**
 * Checks these options.
 *
 * @throws {UsageError} If they contradict each other, or a template gives no file name.
 */
export function checkSaving(options: SavingOptions): void {
  if (!options.saveImages && (options.outputDir ?? options.filenameTemplate) !== undefined) {
    throw new UsageError(
      "Cannot use --output-dir or --filename-template without --save-images",
      { addWords: ["--save-images"] },
    );
  }
  if (!options.saveImages && options.force) {
    throw new UsageError("Cannot use --force without --save-images", {
      addWords: ["--save-images"],
    });
  }
  if (options.filenameTemplate !== undefined) checkTemplate(options.filenameTemplate);
}

function checkTemplate(template: string): void {
  const unknown = unknownPlaceholders(template);
  if (unknown.length > 0) {
    throw new UsageError(
      `Cannot use --filename-template ${quote(template)}: there is no ` +
        `${listOf(unknown.map((name) => `{${name}}`))} (see asset-generator generate image --help)`,
    );
  }
  const clean = cleanTemplate(template);
  if (clean === template) return;
  const leaves = template.startsWith("/") || template.split("/").includes("..");
  throw new UsageError(
    `Cannot use --filename-template ${quote(template)}: ` +
      (leaves
        ? "it leads out of the output directory (choose that with --output-dir)"
        : `not every system takes such a name (use ${quote(clean)})`),
  );
}
