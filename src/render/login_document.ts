/** Logins as text, and their document, `schemas/login.v1.json`. Pure. */
import { escapeForTerminal } from "./escape.ts";
import type { DocumentError } from "./status_document.ts";

/** What is known of a login after `login` or `logout`. */
export interface LoginReport {
  readonly serverUrl: string;
  /** Whether the server takes nobody without one; `null`: it was not asked. */
  readonly isRequired: boolean | null;
  /** As whom this tool is let in now; `null`: not at all, or not known. */
  readonly user: string | null;
  /** What gives the token that is sent there: `login`, or what a message would name; `null`: none. */
  readonly tokenFrom: string | null;
  /** When the login was made, epoch milliseconds. */
  readonly loggedInAt: number | null;
  /** SwarmUI's permission ids; `null`: not known. */
  readonly permissions: readonly string[] | null;
  /** Whether the token that was removed is valid no more; `null`: none was removed, or not known. */
  readonly isRevoked: boolean | null;
}

/** Nothing is known but the address. */
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
