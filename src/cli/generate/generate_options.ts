import type { GlobalOptions } from "../global_options.ts";
import type { LoraOption } from "./image_values.ts";
import { choiceOption } from "../option.ts";
import type { ParamOption } from "./param_option.ts";
import type { SavingOptions } from "./saving_options.ts";

/** What `--server` says where the tool is to choose; no server may be called so. */
export const ANY_SERVER = "any";

/** How progress is shown on stderr. */
export type ProgressMode = "auto" | "bar" | "json" | "none";

/** The option for it, of `generate image` and `attach`. */
export const PROGRESS_OPTION = choiceOption<ProgressMode>({
  placeholder: "MODE",
  brief: "How progress is shown on stderr",
  default: "auto",
  choices: ["auto", "bar", "json", "none"],
});

/** The options of `generate image`; `undefined`: not given. */
export interface GenerateOptions extends GlobalOptions, SavingOptions {
  readonly prompt: string | undefined;
  readonly promptFile: string | undefined;
  readonly model: string | undefined;
  readonly negativePrompt: string | undefined;
  readonly batch: number | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** The same as `height`; the original tool's name. */
  readonly length: number | undefined;
  readonly steps: number | undefined;
  /** Decimal text. */
  readonly seed: string | undefined;
  readonly cfgScale: number | undefined;
  readonly sampler: string | undefined;
  readonly scheduler: string | undefined;
  readonly lora: readonly LoraOption[] | undefined;
  /** One for each LoRA, in their order. */
  readonly loraWeight: readonly number[] | undefined;
  readonly loraDefaultWeight: number | undefined;
  /** Stands before the prompt. */
  readonly stylePrefix: string | undefined;
  readonly vae: string | undefined;
  readonly preset: readonly string[] | undefined;
  /** Path of a file, or `server:` and a path there. */
  readonly initImage: string | undefined;
  readonly mask: string | undefined;
  readonly variationSeed: number | undefined;
  readonly variationStrength: number | undefined;
  readonly param: readonly ParamOption[] | undefined;
  /** Help for which parameter; empty: for all. */
  readonly paramHelp: string | undefined;
  readonly dryRun: boolean | undefined;
  readonly detach: boolean | undefined;
  readonly noTag: boolean | undefined;
  /** The default now; the original tool had it as an option. */
  readonly websocket: boolean | undefined;
  readonly noWebsocket: boolean | undefined;
  readonly progress: ProgressMode | undefined;
  /** Milliseconds. */
  readonly timeout: number | undefined;
}
