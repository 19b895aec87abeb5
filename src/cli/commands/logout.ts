import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import { logOut } from "../login/log_out.ts";
import { switchOption } from "../option.ts";

/** What the options of `logout` say. */
export interface LogoutOptions extends GlobalOptions {
  readonly local: boolean | undefined;
}

/** `asset-generator logout`. */
export const command: Command<LogoutOptions> = {
  text: "Ends the login that login made: the server is told to end the token, then it is removed " +
    "here, with the sessions that were kept for it. Sessions that were made with it stay valid on " +
    "the server, which SwarmUI cannot help; running generations go on.\n\n" +
    "If the server cannot be asked, nothing is removed, so that it can be tried again.",
  examples: [
    { line: "logout", does: "Log out" },
    { line: "logout --local", does: "Forget the login here, and leave it valid on the server" },
  ],
  options: {
    local: switchOption({ brief: "Remove the token here alone, and ask no server" }),
    ...GLOBAL_OPTIONS,
    stateFile: { ...GLOBAL_OPTIONS.stateFile, refused: "logout reads no state file" },
  },
  run,
};

/** Logs out. */
function run({ local }: LogoutOptions, context: CommandContext): Promise<ExitCode> {
  return logOut({ isLocal: local ?? false }, context);
}
