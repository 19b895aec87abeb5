import { UsageError } from "../../errors.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import { readAccountName } from "../login/ask_account.ts";
import { switchOption, valueOption } from "../option.ts";

/** What the options of `login` say. */
export interface LoginOptions extends GlobalOptions {
  readonly user: string | undefined;
  readonly status: boolean | undefined;
}

/** `asset-generator login`. */
export const command: Command<LoginOptions> = {
  text: "Logs in to a server with accounts, and keeps the token that it gives, for all later " +
    "commands that ask this server: readable by this user alone, and sent to no other server. The " +
    "password is asked for without showing it, or read from standard input where that is no " +
    "terminal. It is not kept.\n\n" +
    "On a server that requires no login it says so and asks for nothing.",
  examples: [
    { line: "login", does: "Log in; account and password are asked for" },
    { line: "login --server gpu2", does: "Log in to a server of the configuration file" },
    { line: "login --user alice < password.txt", does: "Log in from a script" },
    { line: "login --status", does: "Say as whom this tool is let in; exit 4 if it is not" },
  ],
  insteadOfArgument: "give the account with --user; the password is asked for, or read from " +
    "standard input",
  options: {
    user: valueOption({
      placeholder: "NAME",
      brief: "The account's name",
      default: "asked for",
      read: readAccountName,
    }),
    status: switchOption({ brief: "Log nobody in, say who is" }),
    ...GLOBAL_OPTIONS,
    stateFile: { ...GLOBAL_OPTIONS.stateFile, refused: "login reads no state file" },
  },
  run,
};

/** Logs in, or says who is. */
async function run(options: LoginOptions, context: CommandContext): Promise<ExitCode> {
  const { user, status } = options;
  if (!status) {
    const { logIn } = await import("../login/log_in.ts");
    return await logIn(user, context);
  }
  if (user !== undefined) {
    throw new UsageError("Cannot use --user with --status: it logs nobody in");
  }
  const { loginStatus } = await import("../login/login_status.ts");
  return await loginStatus(context);
}
