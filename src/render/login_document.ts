/** Logins as text, and their document, `schemas/login.v1.json`. Pure. */
import { escapeForTerminal } from "./escape.ts";
import type { DocumentError } from "./status/status_document.ts";

/** What is known about a login after `login` or `logout`. */
export interface LoginReport {
  readonly serverUrl: string;
  /** Whether the server requires a login; `null`: it was not asked. */
  readonly isRequired: boolean | null;
  /** The user as whom the server accepts this tool now; `null`: not accepted, or not known. */
  readonly user: string | null;
  /**
   * Where the token that is sent to the server comes from: `login`, or the name of an option,
   * variable or file; `null`: there is none.
   */
  readonly tokenFrom: string | null;
  /** When the login was made, epoch milliseconds. */
  readonly loggedInAt: number | null;
  /** SwarmUI's permission ids; `null`: not known. */
  readonly permissions: readonly string[] | null;
  /** Whether the removed token is no longer valid; `null`: none was removed, or not known. */
  readonly isRevoked: boolean | null;
}

/** A report in which only the address is known. */
export function emptyLoginReport(serverUrl: string): LoginReport {
  return {
    serverUrl,
    isRequired: null,
    user: null,
    tokenFrom: null,
    loggedInAt: null,
    permissions: null,
    isRevoked: null,
  };
}

/** Makes the document. */
export function loginDocument(
  report: LoginReport,
  error: DocumentError | null,
): Readonly<Record<string, unknown>> {
  const { serverUrl, isRequired, user, tokenFrom, loggedInAt, permissions, isRevoked } = report;
  return {
    schema_version: 1,
    server_url: serverUrl,
    login_required: isRequired,
    logged_in: tokenFrom !== null && user !== null,
    user,
    token_from: tokenFrom,
    logged_in_at: loggedInAt === null ? null : new Date(loggedInAt).toISOString(),
    permissions,
    token_revoked: isRevoked,
    error,
  };
}

/** Lines of text; foreign parts are escaped. */
export function loginText(...lines: readonly string[]): string {
  return lines.map((line) => `${escapeForTerminal(line)}\n`).join("");
}
