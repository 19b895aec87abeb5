/**
 * The original tool's names for other options. They are accepted, so that scripts for it go on
 * working (`docs/from-the-original.md`).
 */
import { UsageError } from "../../errors.ts";
import type { GenerateOptions } from "./generate_options.ts";
import type { LoraOption } from "./image_values.ts";

/**
 * Moves their values to the options that replace them.
 *
 * @throws {UsageError} If they contradict others, or mean nothing.
 */
export function takeOriginalOptions(options: GenerateOptions): GenerateOptions {
  const { stylePrefix, prompt, websocket, noWebsocket } = options;
  if (websocket && noWebsocket) {
    throw new UsageError("Cannot use --websocket and --no-websocket together");
  }
  return {
    ...options,
    ...(stylePrefix === undefined || prompt === undefined
      ? {}
      : { prompt: withPrefix(stylePrefix, prompt) }),
    lora: weighedLoras(options),
  };
}

/** A prefix that ends with punctuation gets no comma. */
function withPrefix(prefix: string, prompt: string): string {
  const start = prefix.trimEnd();
  if (start === "" || prompt.trim() === "") return prompt;
  return `${start}${/[\p{L}\p{N})\]>}"']$/u.test(start) ? "," : ""} ${prompt}`;
}

function weighedLoras(options: GenerateOptions): readonly LoraOption[] | undefined {
  const { lora, loraWeight, loraDefaultWeight } = options;
  if (loraWeight === undefined && loraDefaultWeight === undefined) return lora;
  if (lora === undefined) {
    const option = loraWeight === undefined ? "--lora-default-weight" : "--lora-weight";
    throw new UsageError(`Cannot use ${option} without --lora: it is the weight of LoRAs`);
  }
  const weights = loraWeight ?? [];
  if (weights.length > lora.length) {
    throw new UsageError(
      `Cannot use --lora-weight ${weights.length} times for ${lora.length} LoRAs: ` +
        "each of them has one weight",
    );
  }
  return lora.map(({ name, weight }, index) => {
    const other = weights[index];
    if (weight !== null && other !== undefined) {
      throw new UsageError(
        `Cannot use --lora-weight ${other} for the LoRA "${name}:${weight}": it has a weight ` +
          "beside its name",
      );
    }
    return { name, weight: weight ?? other ?? loraDefaultWeight ?? 1 };
  });
}
