/** Claims on Redis: of all machines one holder, decided by Redis in one step and on its clock. */
import { AppError } from "../errors.ts";
import {
  type Claim,
  claimKeys,
  type ClaimsReading,
  type ClaimStore,
  decodeClaim,
  encodeClaim,
  MAX_CLAIM_MS,
} from "../generation/claim.ts";
import type { Clock } from "../generation/clock.ts";
import { isSafeId } from "../generation/generation.ts";
import { parseJson } from "../json_object.ts";
import type { RedisLink } from "./redis_link.ts";
import { LIST, RELEASE_CLAIM, script, TAKE_CLAIM, timeLeft } from "./redis_scripts.ts";

/** How many are listed at most; and the longest text that can be ours, in bytes. */
const MOST = 200;
const LONGEST = 4_096;

/** @param options.prefix What all keys begin with. */
export function createNetworkClaims(options: {
  readonly link: RedisLink;
  readonly prefix: string;
  readonly clock: Pick<Clock, "now">;
}): ClaimStore {
  const { link, prefix, clock } = options;
  const index = `${prefix}claims`;
  const claims = `${prefix}claim:`;
  const channel = `${prefix}changes`;

  /** With the times of this machine's clock. */
  function read(text: unknown, left: unknown): Claim | null {
    const claim = typeof text === "string" ? decodeClaim(parseJson(text)) : null;
    if (claim === null) return null;
    // Another program has made it last for ever.
    if (left === -1) return { ...claim, expiresAt: Infinity };
    const expiresAt = Math.round(clock.now() + timeLeft(left, MAX_CLAIM_MS));
    return { ...claim, takenAt: claim.takenAt + expiresAt - claim.expiresAt, expiresAt };
  }

  return {
    async list(): Promise<ClaimsReading> {
      try {
        const reply = await link.send(
          "Cannot read the claims from",
          () => [...script(LIST, [index]), claims, `${MOST}`, `${LONGEST}`],
        );
        const [, ...rows] = Array.isArray(reply) ? reply : [];
        const found = rows.map((row) => Array.isArray(row) ? read(row[1], row[2]) : null);
        return { answered: true, claims: found.filter((claim) => claim !== null) };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return { answered: false, code: error.code, message: error.message };
      }
    },
    async take(claim): Promise<Claim | null> {
      const keys = claimKeys(claim).map((key) => `${prefix}claimed:${key}`);
      const reply = await link.change("Cannot take a claim by", (deadlineMs) => [
        ...script(TAKE_CLAIM, [claims + claim.id, index, ...keys]),
        ...[`${deadlineMs}`, JSON.stringify({ ...encodeClaim(claim), keys })],
        ...[`${claim.expiresAt - claim.takenAt}`, claim.id, channel, claims, `${LONGEST}`],
      ]);
      if (reply === 1) return null;
      const holder = Array.isArray(reply) ? read(reply[0], reply[1]) : null;
      if (holder !== null) return holder;
      throw new AppError(
        "failed",
        `Cannot take a claim by ${link.address.shown}: what holds it is none`,
      );
    },
    async release(id): Promise<boolean> {
      if (!isSafeId(id)) return false;
      return await link.change("Cannot give a claim back by", (deadlineMs) => [
        ...script(RELEASE_CLAIM, [claims + id, index]),
        ...[`${deadlineMs}`, id, channel],
      ]) === 1;
    },
  };
}
