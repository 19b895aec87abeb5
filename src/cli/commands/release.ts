import { UsageError } from "../../errors.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS, refuseServerOptions } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import { quote, readClaimId } from "../values.ts";

/** `asset-generator release`. */
export const command: Command = {
  text: "Gives back a claim that wait --claim has taken, so that the next one who waits gets the " +
    "server. Without it the claim ends when its time is over.\n\n" +
    "Exit codes: 0 given back, 1 Redis did not answer, or the user's state cannot be written, 2 " +
    "there is no such claim (its time may be over), 4 Deno does not allow it.",
  examples: [
    {
      line: 'release "$(asset-generator wait --claim nightly --get wait.claim.id)"',
      does: "Take the server as soon as it is free, and give it back at once",
    },
  ],
  argument: {
    placeholder: "ID",
    brief: "What wait --claim has printed, and what status shows",
    isRequired: true,
    read: readClaimId,
  },
  options: {
    ...GLOBAL_OPTIONS,
    ...refuseServerOptions("release asks no server"),
    config: GLOBAL_OPTIONS.config,
    stateFile: { ...GLOBAL_OPTIONS.stateFile, refused: "release reads no state file" },
  },
  run: (options, context, id = "") => run(options, context, id),
};

/** Gives a claim back. */
async function run(
  _options: GlobalOptions,
  { adapters, settings, output }: CommandContext,
  id: string,
): Promise<ExitCode> {
  const claims = await adapters.claims(settings);
  if (!await claims.release(id)) {
    throw new UsageError(
      `Cannot release ${
        quote(id)
      }: there is no such claim (its time may be over; asset-generator ` +
        "status shows all)",
    );
  }
  await output.writeDocument(
    { schema_version: 1, released: id, error: null },
    () => `${id} released\n`,
  );
  return EXIT.ok;
}
