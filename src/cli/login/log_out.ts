/** What `logout` does: ends the token on the server, then removes it here. */
import { AppError } from "../../errors.ts";
import type { AccountServer, StoredLogin, TokenEnd } from "../../generation/server/account.ts";
import { emptyLoginReport, loginDocument, loginText } from "../../render/login_document.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { reportResult } from "../report_result.ts";
import type { Settings } from "../setting_layers.ts";

/**
 * Logs out.
 *
 * @param options.isLocal Removes the token from this machine only, without asking the server.
 * @throws {AppError} If the server could not end the token; it is then kept, so that one can try
 * again.
 */
export async function logOut(
  { isLocal }: { readonly isLocal: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  const { adapters, settings } = context;
  const server = await adapters.accountServer(settings);
  const store = await adapters.logins();
  const login = await store.find(server.url);
  if (login === null) {
    const others = (await store.list()).map(({ user, serverUrl }) =>
      `There is a login of ${user} to ${serverUrl}, which --api-url or --server would mean`
    );
    const lines = [`There is no login to ${server.url} here`, ...others, ...otherToken(settings)];
    return await finish(null, lines);
  }
  using interrupts = context.listenForInterrupts();
  const end = isLocal ? null : await endToken(server, login, interrupts.first);
  await store.forget(login, (token) => server.credentialsHash(token));
  return await finish(end === null ? null : end !== "not_managed", [
    ...linesOf(end, login),
    ...otherToken(settings),
  ]);

  function finish(isRevoked: boolean | null, lines: readonly string[]): Promise<ExitCode> {
    const { token } = settings;
    const report = {
      ...emptyLoginReport(server.url),
      isRevoked,
      tokenFrom: token.source === "login" ? null : token.place,
    };
    return reportResult(context, {
      document: (error) => loginDocument(report, error),
      text: () => loginText(...lines),
      problem: null,
    });
  }
}

async function endToken(
  server: AccountServer,
  login: StoredLogin,
  signal: AbortSignal,
): Promise<TokenEnd> {
  try {
    return await server.endToken(login, signal);
  } catch (error) {
    if (!(error instanceof AppError) || error.code === "interrupted") throw error;
    throw new AppError(
      error.code,
      `${error.message}; the login is still kept here: try again, or remove it here alone with ` +
        "logout --local, which leaves the token valid on the server",
      { cause: error },
    );
  }
}

function linesOf(end: TokenEnd | null, { user, serverUrl }: StoredLogin): readonly string[] {
  switch (end) {
    case "ended":
      return [
        `Logged out of ${serverUrl}: the token of ${user} is no longer valid, and removed here`,
        "Sessions made with it stay valid on the server, and running generations go on",
      ];
    case "was_invalid":
      return [
        `Logged out of ${serverUrl}: the token of ${user} was not valid any more, and is removed here`,
      ];
    case "not_managed":
      return [
        `Removed the login of ${user} to ${serverUrl} here`,
        "The server requires no login now and ends no tokens: this one is valid once it does again",
      ];
    case null:
      return [
        `Removed the login of ${user} to ${serverUrl} here`,
        "The server was not asked: the token stays valid there",
      ];
  }
}

/** The token, if any, that is still sent to the server after the logout. */
function otherToken({ token }: Settings): readonly string[] {
  const { source, place } = token;
  if (source === "login" || source === "default" || place === null) return [];
  return [`The token of ${place} is another one, and is still sent there`];
}
