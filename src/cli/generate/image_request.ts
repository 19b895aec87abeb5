/** From what the user says to what the server is sent: every name checked, nothing guessed. */
import { UsageError } from "../../errors.ts";
import { cleanTemplate, unknownPlaceholders } from "../../generation/file_name.ts";
import type { ImageRequest, ImageServer } from "../../generation/image_server.ts";
import type { ServerSession } from "../../generation/session.ts";
import { chooseModel, findChoice, findNamed } from "./choose.ts";
import type { GenerateOptions } from "./generate_options.ts";
import { stemOf } from "./model_name.ts";
import { listOf, quote } from "../values.ts";

/**
 * Checks what can be checked without the server.
 *
 * @throws {UsageError} If something is missing or contradicts something else.
 */
export function checkGenerateOptions(options: GenerateOptions): void {
  if (options.prompt === undefined || options.prompt.trim() === "") {
    throw new UsageError('Cannot generate without a prompt (give --prompt "what to show")');
  }
  if (options.height !== undefined && options.length !== undefined) {
    throw new UsageError("Cannot use --height and --length together: they mean the same");
  }
  if (!options.saveImages && (options.outputDir ?? options.filenameTemplate) !== undefined) {
    throw new UsageError(
      "Cannot use --output-dir or --filename-template alone: add --save-images",
    );
  }
  if (options.filenameTemplate !== undefined) checkTemplate(options.filenameTemplate);
}

function checkTemplate(template: string): void {
  const unknown = unknownPlaceholders(template);
  if (unknown.length > 0) {
    throw new UsageError(
      `Cannot use --filename-template ${quote(template)}: there is no ` +
        `${listOf(unknown.map((name) => `{${name}}`))} (see generate image --help)`,
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

/**
 * Makes the request. Asks the server only what the options make necessary.
 *
 * @param options.model The model's name from option or setting; `undefined`: the only one loaded.
 * @throws {UsageError} If the server has no such model, LoRA, sampler or scheduler.
 */
export async function makeImageRequest(
  options: GenerateOptions,
  from: {
    readonly server: ImageServer;
    readonly session: ServerSession;
    readonly model: string | null;
  },
): Promise<ImageRequest> {
  const { server, session } = from;
  const model = chooseModel(from.model, await server.models(session, "Stable-Diffusion"));
  const width = options.width ?? model.standardWidth ?? undefined;
  const height = options.height ?? options.length ?? model.standardHeight ?? undefined;
  const { negativePrompt, steps, seed, cfgScale } = options;
  return {
    prompt: options.prompt ?? "",
    model: model.name,
    images: options.batch ?? 1,
    ...(negativePrompt === undefined ? {} : { negativePrompt }),
    ...(steps === undefined ? {} : { steps }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(seed === undefined ? {} : { seed }),
    ...(cfgScale === undefined ? {} : { cfgScale }),
    ...await choices(options, from),
    ...await loras(options, from),
  };
}

async function choices(
  { sampler, scheduler }: GenerateOptions,
  { server, session }: { readonly server: ImageServer; readonly session: ServerSession },
): Promise<Pick<ImageRequest, "sampler" | "scheduler">> {
  if (sampler === undefined && scheduler === undefined) return {};
  const known = await server.choices(session);
  return {
    ...(sampler === undefined ? {} : { sampler: findChoice(sampler, known.samplers, "sampler") }),
    ...(scheduler === undefined
      ? {}
      : { scheduler: findChoice(scheduler, known.schedulers, "scheduler") }),
  };
}

async function loras(
  { lora = [] }: GenerateOptions,
  { server, session }: { readonly server: ImageServer; readonly session: ServerSession },
): Promise<Pick<ImageRequest, "loras">> {
  if (lora.length === 0) return {};
  const known = await server.models(session, "LoRA");
  return {
    loras: lora.map(({ name, weight }) => ({
      name: stemOf(findNamed(name, known, "LoRA").name),
      weight,
    })),
  };
}
