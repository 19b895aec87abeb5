import type { Clock } from "../../generation/clock.ts";
import type { ChoiceMemory } from "../../generation/server/server_choices.ts";
import type { SessionCache } from "../../generation/session.ts";
import type { HttpClients } from "./http_client.ts";

/** What the SwarmUI client needs to know and to have. */
export interface SwarmOptions {
  /** The server's address, in any form that `normaliseBaseUrl` accepts. */
  readonly baseUrl: string;
  /** The `Authorization` header, or the part after `Bearer `; secret. */
  readonly authorization: string | null;
  /** An account's `swarm_token`; secret. */
  readonly token: string | null;
  /** Further headers; secret. @default {none} */
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
  /** Time limit of each question in milliseconds, including connecting; must be > 0. */
  readonly requestTimeoutMs: number;
  /** When all questions must have ended, on the monotonic clock. @default {never} */
  readonly untilMs?: () => number;
  readonly clock: Clock;
  /** Where the session for questions is kept; `null`: only in this process. */
  readonly cache: SessionCache | null;
  /** Where the lists of what servers have to choose from are kept; `null` or absent: nowhere. */
  readonly choiceMemory?: ChoiceMemory | null;
  /**
   * The Deno flag that is missing to reach a host (`name:port`), or `null`; asked before each
   * request.
   */
  readonly netPermission: (host: string) => string | null;
  /** The HTTP clients of this process. */
  readonly http: HttpClients;
  /** The command that logs in to this server, for advice. @default {`asset-generator login`} */
  readonly loginCommand?: () => Promise<string>;
  /** The most bytes of one answer that are read. @default {67108864} */
  readonly maxAnswerBytes?: number;
}
