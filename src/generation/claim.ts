/**
 * Claims: of many waiting jobs exactly one gets the server. A claim binds only those who ask for it
 * (`wait --claim`); it says nothing about whether the server works.
 */
import type { ErrorCode } from "../errors.ts";
import { isJsonObject, type JsonObject, parseTime, textOrNull } from "../json_object.ts";
import { canonicalServerUrl, isLoopback } from "./server/server_url.ts";

/** A server that somebody holds. Times are epoch milliseconds. */
export interface Claim {
  /** Ours, random; whoever knows it can give the claim back. */
  readonly id: string;
  /** What the holder calls itself; several holders may have the same name. */
  readonly name: string;
  /** Normalised base URL without user info. */
  readonly serverUrl: string;
  /** SwarmUI's `server_id` at that time; `null` if not known. */
  readonly serverId: string | null;
  /** Name of the holder's machine; `null` if Deno may not tell it. */
  readonly host: string | null;
  /** Process id of the `wait` that took it, which has ended since. */
  readonly pid: number;
  readonly takenAt: number;
  /**
   * From then on it holds nothing. `Infinity`: it has no end, which another program has taken from it
   * on Redis.
   */
  readonly expiresAt: number;
}

/** How long a claim lasts at most, in milliseconds: a week. */
export const MAX_CLAIM_MS = 604_800_000;

/** What could be read of the claims. */
export type ClaimsReading =
  | { readonly answered: true; readonly claims: readonly Claim[] }
  | { readonly answered: false; readonly code: ErrorCode; readonly message: string };

/** The port to the claims of this user, or of all machines that share a Redis. */
export interface ClaimStore {
  /** The claims that have not expired. Never throws. */
  list(): Promise<ClaimsReading>;
  /**
   * Takes a claim, unless somebody else holds the same server. To take the same one again is no error:
   * that is how a failure is tried again.
   *
   * @returns Who holds it; `null`: it was taken.
   * @throws {AppError} If it is not known whether it was taken; then it was not, or expires by itself.
   */
  take(claim: Claim): Promise<Claim | null>;
  /**
   * Gives a claim back.
   *
   * @returns Whether there was such a claim.
   * @throws {AppError} If that is not known.
   */
  release(id: string): Promise<boolean>;
}

/** A server as claims know it. */
export type ClaimedServer = Pick<Claim, "serverUrl" | "serverId" | "host">;

/**
 * By what a server is told from others, in texts; two claims are of the same server if they have one in
 * common. An address such as `localhost` means another server on each machine. The `server_id` is new
 * at each start of the server, so that it alone is not enough.
 */
export function claimKeys({ serverUrl, serverId, host }: ClaimedServer): readonly string[] {
  const address = canonicalServerUrl(serverUrl);
  const here = URL.canParse(serverUrl) && isLoopback(serverUrl) ? ` on ${host ?? "?"}` : "";
  return [`address ${address}${here}`, ...serverId === null ? [] : [`server ${serverId}`]];
}

/** The claim among some that holds a server; `null`: none does. */
export function holderOf(server: ClaimedServer, claims: readonly Claim[]): Claim | null {
  const keys = claimKeys(server);
  return claims.find((claim) => claimKeys(claim).some((key) => keys.includes(key))) ?? null;
}

/** Writes a claim. */
export function encodeClaim(claim: Claim): JsonObject {
  return {
    id: claim.id,
    name: claim.name,
    server_url: claim.serverUrl,
    server_id: claim.serverId,
    host: claim.host,
    pid: claim.pid,
    taken_at: new Date(claim.takenAt).toISOString(),
    expires_at: new Date(claim.expiresAt).toISOString(),
  };
}

/** Reads a claim; `null` if it is none. */
export function decodeClaim(value: unknown): Claim | null {
  if (!isJsonObject(value)) return null;
  const { id, name, server_url: serverUrl, server_id: serverId, host, pid } = value;
  const takenAt = parseTime(value["taken_at"]);
  const expiresAt = parseTime(value["expires_at"]);
  if (typeof id !== "string" || typeof name !== "string" || typeof serverUrl !== "string") {
    return null;
  }
  if (takenAt === null || expiresAt === null || !URL.canParse(serverUrl)) return null;
  return {
    id,
    name,
    serverUrl,
    serverId: textOrNull(serverId),
    host: textOrNull(host),
    pid: typeof pid === "number" && Number.isSafeInteger(pid) ? pid : 0,
    takenAt,
    expiresAt,
  };
}
