/**
 * `--dry-run`: checks everything and shows what would be sent, but makes no image. The document is
 * `schemas/request.v1.json`.
 */
import { newGenerationId } from "../../generation/generation_id.ts";
import { settleSeed } from "../../generation/run/seed.ts";
import type { JsonObject } from "../../json_object.ts";
import { jsonText } from "../../render/escape.ts";
import { formatBytes } from "../../render/text.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { reportResult } from "../report_result.ts";
import type { GenerateOptions } from "./generate_options.ts";
import { checkGenerateOptions, makeImageRequest } from "./image_request.ts";
import { SentFiles } from "./sent_files.ts";

/**
 * Writes the request of these options. Its tag and seed are drawn as for a generation, which gets
 * others.
 *
 * @throws {UsageError} As the generation would.
 */
export async function showRequest(
  options: GenerateOptions,
  context: CommandContext,
): Promise<ExitCode> {
  checkGenerateOptions(options);
  using interrupts = context.listenForInterrupts();
  const { first: signal } = interrupts;
  const server = await context.adapters.imageServer(context.settings);
  const files = new SentFiles({ files: await context.adapters.inputFiles(), server, signal });
  const session = await server.newSession();
  const model = context.settings.model.value;
  const warn = (message: string): void => void context.messages.warning(message);
  const request = await makeImageRequest(options, { server, session, files, model, warn });
  const tag = options.noTag ? {} : { tag: newGenerationId() };
  const body = server.requestBody({ ...request, seed: settleSeed(request.seed), ...tag });
  signal.throwIfAborted();
  return await reportResult(context, {
    document: (error) => ({ schema_version: 1, server_url: server.url, request: body, error }),
    text: () => requestText(body),
    problem: null,
  });
}

/** The request as JSON for people, with the sizes of files instead of their content; it ends with a line break. */
function requestText(body: JsonObject): string {
  const shown = Object.entries(body).map(([key, value]) => [key, withoutFiles(value)]);
  return `${jsonText(Object.fromEntries(shown), { indent: 2 })}\n`;
}

function withoutFiles(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFiles);
  const file = typeof value === "string" ? /^data:[\w/+-]+;base64,/.exec(value) : null;
  if (file === null || typeof value !== "string") return value;
  const [head] = file;
  const digits = value.slice(head.length).replace(/=+$/, "").length;
  return `${head}… (${formatBytes(Math.floor(digits * 3 / 4))})`;
}
