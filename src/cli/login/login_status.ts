/** What `login --status` does: asks the server whether the token that is in use is valid. */
import { AppError } from "../../errors.ts";
import type { Admission, StoredLogin } from "../../generation/server/account.ts";
import { emptyLoginReport, loginDocument, loginText } from "../../render/login_document.ts";
import type { LoginReport } from "../../render/login_document.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { reportResult } from "../report_result.ts";
import { commandFor } from "./command_for.ts";
import { notNeeded } from "./log_in.ts";

/**
 * Whether the server requires a login. A server that accepts the token may also accept requests
 * without one, but as another user.
 */
function isRequired(admission: Admission, { token, login }: {
  readonly token: string | null;
  readonly login: StoredLogin | null;
}): boolean | null {
  if (!admission.isAdmitted) return true;
  if (token === null) return false;
  if (login === null || admission.user === null) return null;
  return admission.user === login.user;
}

/**
 * Says as which user the server accepts this tool.
 *
 * @throws {AppError} If the server does not answer.
 */
export async function loginStatus(context: CommandContext): Promise<ExitCode> {
  const { adapters, settings } = context;
  const { token } = settings;
  const server = await adapters.accountServer(settings);
  const login = token.source === "login" ? await (await adapters.logins()).find(server.url) : null;
  using interrupts = context.listenForInterrupts();
  const { first: signal } = interrupts;
  const admission = await server.enter(token.value, signal);
  const isIn = admission.isAdmitted;
  const report: LoginReport = {
    ...emptyLoginReport(server.url),
    isRequired: isRequired(admission, { token: token.value, login }),
    user: isIn ? admission.user : null,
    permissions: isIn ? admission.permissions : null,
    tokenFrom: token.place,
    loggedInAt: login?.createdAt ?? null,
  };
  if (!isIn) {
    const problem = new AppError(
      "refused",
      token.place === null
        ? `Not logged in to ${server.url}, which requires a login (run ${
          commandFor("login", settings)
        })`
        : login === null
        ? `${server.url} does not accept the token of ${token.place} (give a valid one)`
        : `The login of "${login.user}" to ${server.url} is no longer valid (run ${
          commandFor("login", settings)
        })`,
    );
    return await finish(problem, "");
  }
  if (token.place === null) return await finish(null, notNeeded(report));
  const user = report.user ?? "a user that it does not name";
  if (login !== null && report.user !== null && report.user !== login.user) {
    return await finish(
      null,
      `${notNeeded(report)}. The login of ${login.user} has no effect there`,
    );
  }
  return await finish(
    null,
    login === null
      ? `${server.url} lets this tool in as ${user}, with the token of ${token.place}`
      : `Logged in to ${server.url} as ${user}`,
  );

  function finish(problem: AppError | null, text: string): Promise<ExitCode> {
    return reportResult(context, {
      document: (error) => loginDocument(report, error),
      text: () => text === "" ? "" : loginText(text),
      problem,
    });
  }
}
