/** Cancels a generation for somebody who asks over HTTP, as `cancel ID --format json` does. */
import { writeCancelFailure } from "../cancel/cancel_result.ts";
import { cancelTracked } from "../cancel/cancel_tracked.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { Output } from "../output.ts";
import type { CancelAnswer } from "./web_service.ts";

/** Cancels. What could not be done is told on stderr too. @param id A whole ID. */
export async function cancelFor(id: string, context: CommandContext): Promise<CancelAnswer> {
  let text = "";
  const output = new Output({
    terminal: context.terminal,
    format: "json",
    isQuiet: false,
    get: undefined,
    file: "the answer",
    color: "never",
    writeFile: (_path, written) => {
      text = written;
      return Promise.resolve();
    },
  });
  const own = { ...context, output };
  const wanted = { id, all: undefined, olderThan: undefined };
  const exitCode = await cancelTracked(wanted, own).catch((error) =>
    writeCancelFailure(error, own)
  );
  return { status: statusOf(exitCode), document: JSON.parse(text) };
}

function statusOf(exitCode: ExitCode): number {
  switch (exitCode) {
    case EXIT.ok:
      return 200;
    case EXIT.usage:
      return 404;
    case EXIT.unknown:
      return 403;
    case EXIT.unreachable:
      return 502;
    case EXIT.timedOut:
      return 504;
    case EXIT.interrupted:
      return 503;
    default:
      return 500;
  }
}
