/** The part of SwarmUI's prompt language that changes the result here (`swarmui-protocol.md §3.2`). */
import type { Model, Models } from "../models/models.ts";

/** A prompt after its `<…:…>` were interpreted. */
export interface InterpretedPrompt {
  readonly text: string;
  readonly loras: readonly Model[];
}

/**
 * Interprets `<random:a,b>` and `<lora:name:weight>`. All else stays as it is, unknown LoRAs included.
 *
 * @param seed Which of the random choices is taken.
 */
export function interpretPrompt(
  prompt: string,
  options: { readonly models: Models; readonly seed: bigint },
): InterpretedPrompt {
  const loras: Model[] = [];
  const text = prompt.replaceAll(/<(random|lora):([^<>]*)>/g, (whole, kind, content) => {
    if (kind === "random") {
      const choices = String(content).split(",");
      return choices[Number(options.seed % BigInt(choices.length))]?.trim() ?? "";
    }
    const lora = options.models.find("LoRA", String(content).split(":")[0] ?? "");
    if (lora === null) return whole;
    loras.push(lora);
    return "";
  });
  return { text, loras };
}
