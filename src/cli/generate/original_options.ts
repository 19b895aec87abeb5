/**
 * Options of the original tool that say in another way what other options say: they are taken, so that
 * its scripts go on to work (`docs/from-the-original.md`).
 */
import { UsageError } from "../../errors.ts";
import type { GenerateOptions } from "./generate_options.ts";
import type { LoraOption } from "./image_values.ts";

/**
 * Puts what they say into the options that hold it.
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

/** A prefix that ends with a sign of its own gets no comma. */
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
