/** Claims, for people and as JSON. Pure. */
import type { Claim } from "../../generation/claim.ts";
import { escapeForTerminal } from "../escape.ts";
import { formatDuration, section } from "../text.ts";

/** A claim in a document; its fields are those of `schemas/status.v1.json`. */
export type ClaimDocument = Readonly<Record<string, unknown>>;

/** Makes the document of a claim. */
export function claimDocument(claim: Claim, nowMs: number): ClaimDocument {
  const { expiresAt } = claim;
  const ends = expiresAt < Infinity;
  return {
    id: claim.id,
    name: claim.name,
    server_url: claim.serverUrl,
    host: claim.host,
    pid: claim.pid,
    taken_at: new Date(claim.takenAt).toISOString(),
    expires_at: ends ? new Date(expiresAt).toISOString() : null,
    expires_in_seconds: ends ? Math.max(0, Math.round((expiresAt - nowMs) / 1000)) : null,
  };
}

/** Makes the documents of the claims on a server; `null`: they are not known. */
export function claimDocuments(
  claims: readonly Claim[] | null,
  nowMs: number,
): readonly ClaimDocument[] | null {
  return claims?.map((claim) => claimDocument(claim, nowMs)) ?? null;
}

/** The claims as a section; `null`: there are none. */
export function claimsSection(claims: readonly Claim[], nowMs: number): string | null {
  if (claims.length === 0) return null;
  const lines = claims.map((claim) => `  ${claim.id}: ${holderText(claim, nowMs)}`);
  return section("Claims", lines.map(escapeForTerminal));
}

/** Who holds a claim, and for how long: `held by nightly on north for 42.0m more`. */
export function holderText({ id, name, host, expiresAt }: Claim, nowMs: number): string {
  const where = host === null ? "" : ` on ${host}`;
  const lasts = expiresAt < Infinity
    ? `for ${formatDuration(Math.max(0, expiresAt - nowMs))} more`
    : `without an end (asset-generator release ${id} gives it back)`;
  return `held by ${name}${where} ${lasts}`;
}
