/** What `login` does: finds out whether a login is needed, asks for the password, keeps the token. */
import { AppError, UsageError } from "../../errors.ts";
import type { AccountServer, LoginStore } from "../../generation/server/account.ts";
import { StoredLogin } from "../../generation/server/account.ts";
import { emptyLoginReport, loginDocument, loginText } from "../../render/login_document.ts";
import type { LoginReport } from "../../render/login_document.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { reportResult } from "../report_result.ts";
import type { Settings } from "../setting_layers.ts";
import { askAccount } from "./ask_account.ts";
import { commandFor } from "./command_for.ts";

/**
 * Logs in. The password is asked for only after it is known that the server requires a login and
 * that its token can be kept.
 *
 * @param user The account's name; `undefined`: it is asked for.
 * @throws {AppError} If the server refuses the login, or there is nobody to ask.
 */
export async function logIn(user: string | undefined, context: CommandContext): Promise<ExitCode> {
  const { adapters, settings, clock } = context;
  const server = await adapters.accountServer(settings);
  refuseOtherToken(settings, server.url);
  const store = await adapters.logins();
  await store.prepare();
  using interrupts = context.listenForInterrupts();
  const { first: signal } = interrupts;
  const open = await server.enter(null, signal);
  if (open.isAdmitted) {
    const report = { ...emptyLoginReport(server.url), isRequired: false, user: open.user };
    return await finish(report, context, `${notNeeded(report)}. Nothing was asked or kept`);
  }
  const account = await askAccount(user, { url: server.url, context, signal });
  const token = await server.logIn(account, signal);
  const admission = await server.enter(token, signal);
  if (!admission.isAdmitted) {
    throw new AppError(
      "refused",
      `Cannot log in to ${server.url}: it took the password, but does not take the token that it ` +
        "gave for it (does a gateway before it take cookies out?)",
    );
  }
  const login = new StoredLogin(token, {
    serverUrl: server.url,
    user: admission.user ?? account.name,
    createdAt: clock.now(),
  });
  await replaceLogin(login, { server, store, context, signal });
  const report = {
    ...emptyLoginReport(server.url),
    isRequired: true,
    user: login.user,
    tokenFrom: "login",
    loggedInAt: login.createdAt,
    permissions: admission.permissions,
  };
  return await finish(
    report,
    context,
    `Logged in to ${server.url} as ${login.user} (${commandFor("logout", settings)} ends it)`,
  );
}

/** Says that the server requires no login. */
export function notNeeded({ serverUrl, user }: LoginReport): string {
  const as = user === null ? "" : `, as its user "${user}"`;
  return `No login is needed at ${serverUrl}: it lets everybody in${as}`;
}

/**
 * Refuses to log in if a token was given elsewhere: that one would be sent instead of the new one.
 */
function refuseOtherToken({ token }: Settings, url: string): void {
  const { source, place } = token;
  if (source === "login" || source === "default" || place === null) return;
  throw new UsageError(
    `Cannot log in to ${url}: the token of ${place} would be sent instead of the login's (${
      source === "environment" ? "unset it" : source === "option" ? "leave it out" : "remove it"
    })`,
  );
}

/** Keeps the login, and ends the previous one. */
async function replaceLogin(login: StoredLogin, { server, store, context, signal }: {
  readonly server: AccountServer;
  readonly store: LoginStore;
  readonly context: CommandContext;
  readonly signal: AbortSignal;
}): Promise<void> {
  const before = await store.replace(login, (token) => server.credentialsHash(token));
  if (before === null) return;
  try {
    await server.endToken(before, signal);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    await context.messages.warning(`The login before this one is still valid: ${error.message}`);
  }
}

function finish(report: LoginReport, context: CommandContext, text: string): Promise<ExitCode> {
  return reportResult(context, {
    document: (error) => loginDocument(report, error),
    text: () => loginText(text),
    problem: null,
  });
}
