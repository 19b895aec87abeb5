/** Interprets the value of `--output` before anything is done. Loaded only if it is given. */
import { UsageError } from "../errors.ts";
import { OUTPUT_FORMATS } from "./settings.ts";
import { quote } from "./values.ts";

/** Names of standard output, which is written as a stream, in colour and line by line. */
const STANDARD_OUTPUT = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/** Endings of pictures, videos and sounds. */
const MEDIA = /\.(apng|avif|bmp|gif|jpe?g|jxl|mkv|mov|mp3|mp4|png|svg|tiff?|wav|webm|webp)$/i;

/**
 * The file for the result; `undefined`: standard output.
 *
 * @throws {UsageError} If it looks like a format, or like the name of a picture.
 */
export function outputFile(text: string): string | undefined {
  if (STANDARD_OUTPUT.includes(text)) return undefined;
  if (OUTPUT_FORMATS.some((format) => format === text)) {
    throw new UsageError(
      `Cannot use --output ${quote(text)}: it is a format, and --output names a file ` +
        `(use --format ${text}; for a file of this name ./${text})`,
    );
  }
  if (MEDIA.test(text)) {
    throw new UsageError(
      `Cannot use --output ${quote(text)}: the report is written there, not a picture ` +
        "(to save pictures: asset-generator generate image --save-images --output-dir DIRECTORY)",
    );
  }
  return text;
}
