/** `--dry-run`: checks everything and shows what would be sent, but makes no image. */
import { newGenerationId } from "../../generation/generation_id.ts";
import { settleSeed } from "../../generation/run/seed.ts";
import { requestDocument, requestText } from "../../render/generation/request.ts";
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
    document: (error) => requestDocument({ serverUrl: server.url, body }, error),
    text: () => requestText(body),
    problem: null,
  });
}
