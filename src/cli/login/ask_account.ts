/** Gets an account's name and password. */
import { UsageError } from "../../errors.ts";
import { isLoopback } from "../../generation/server/server_url.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import type { CommandContext } from "../context.ts";
import { InvalidValueError } from "../values.ts";

/** The longest account name that is accepted, in characters. */
const LONGEST_NAME = 200;

/**
 * Asks the person at the terminal; else reads the password from standard input.
 *
 * @param user The name, if it was given.
 * @throws {UsageError} If there is nobody to ask, or nothing was given.
 * @throws The reason of the signal.
 */
export async function askAccount(user: string | undefined, { url, context, signal }: {
  readonly url: string;
  readonly context: Pick<CommandContext, "adapters" | "terminal" | "messages" | "readSecretFile">;
  readonly signal: AbortSignal;
}): Promise<{ readonly name: string; readonly password: string }> {
  const { adapters, terminal } = context;
  const action = `Cannot log in to ${url}`;
  const keyboard = await adapters.keyboard();
  if (!keyboard.isTerminal) {
    if (user === undefined) {
      throw new UsageError(
        `${action}: nobody can be asked for the account's name (give it with --user)`,
      );
    }
    await warnOfPlainHttp(url, context);
    const reading = context.readSecretFile("-", `${action}: cannot read the password`);
    const text = await untilAborted(reading, signal);
    signal.throwIfAborted();
    return { name: user, password: checkPassword(text ?? "", action, "standard input") };
  }
  await warnOfPlainHttp(url, context);
  await terminal.err(escapeForTerminal(`Log in to ${url}`) + "\n");
  const name = user ?? await askName();
  const prompt = `Password of ${escapeForTerminal(name)} (not shown): `;
  let password: string | null = null;
  try {
    password = await keyboard.readSecret(() => terminal.err(prompt), signal);
  } finally {
    await terminal.err("\n");
  }
  return { name, password: checkPassword(password ?? "", action, "the terminal") };

  async function askName(): Promise<string> {
    await terminal.err("Account: ");
    const line = await untilAborted(keyboard.readLine(), signal);
    // Enter was not pressed: after Ctrl-C or Ctrl-D, what follows needs a line of its own.
    if (signal.aborted || line === null) await terminal.err("\n");
    signal.throwIfAborted();
    try {
      return readAccountName(line ?? "");
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      throw new UsageError(`${action}: ${error.message}`);
    }
  }
}

/** Reads an account's name. */
export function readAccountName(text: string): string {
  const name = text.trim();
  if (name !== "" && name.length <= LONGEST_NAME && !/\p{Cc}/u.test(name)) return name;
  throw new InvalidValueError("expected the name of an account");
}

function checkPassword(password: string, action: string, from: string): string {
  if (password === "") {
    throw new UsageError(
      `${action}: no password came from ${from} (give it as one line, or from a file with < FILE)`,
    );
  }
  if (!/[\r\n\0]/.test(password)) return password;
  throw new UsageError(`${action}: expected one line with the password from ${from}`);
}

/** Warns if the password would cross the network unencrypted, before anything secret is sent. */
async function warnOfPlainHttp(
  url: string,
  { messages }: Pick<CommandContext, "messages">,
): Promise<void> {
  if (!url.startsWith("http:") || isLoopback(url)) return;
  await messages.warning(
    `${url} is not encrypted: whoever can read the network on the way can use this account ` +
      "(https, a VPN or an SSH tunnel prevents that)",
  );
}
