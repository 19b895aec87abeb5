/** Sets of Deno's permissions, and what `status` says with each. */
import { assert, assertEquals, assertNotMatch } from "@std/assert";
import type { CliResult } from "./cli_process.ts";
import { readStatus } from "./status_json.ts";

/**
 * A source of evidence that did not answer because a permission is missing, and the flag that it
 * names.
 */
export type Missing = readonly [source: string, flag: string];

/** A set of permissions, and what `status` then says. */
export interface Grants {
  readonly name: string;
  readonly grants: readonly string[];
  readonly code: number;
  readonly verdict: string;
  /** The sources that did not answer, and how evidence and text say to get an answer. */
  readonly missing: readonly Missing[];
}

export const NET: Missing = ["global_status", "--allow-net="];
export const DIRECTORY: Missing = ["directory", "--allow-read="];
export const USER: Missing = ["user", "--allow-env="];

/** All subsets of the four permissions that `status` uses. */
export const GRANT_SUBSETS: readonly Grants[] = Array.from({ length: 16 }, (_, bits) => {
  const [net, read, write, env] = [0, 1, 2, 3].map((bit) => ((bits >> bit) & 1) === 1);
  const grants = [
    ...(net ? ["--allow-net=127.0.0.1"] : []),
    ...(read ? ["--allow-read"] : []),
    ...(write ? ["--allow-write"] : []),
    ...(env ? ["--allow-env"] : []),
  ];
  return {
    name: grants.join(" ") || "nothing",
    grants,
    code: net ? 0 : 4,
    verdict: net ? "idle" : "unknown",
    missing: [
      ...(net ? [] : [NET]),
      ...(read ? [] : [DIRECTORY]),
      ...(env ? read ? [] : [["user", "--allow-read="] as const] : [USER]),
    ],
  };
});

/** Compares the output of `status --format json` with the expected one for some permissions. */
export function assertGrants(row: Grants, json: CliResult): void {
  assertEquals(json.code, row.code);
  assertEquals(json.err === "", row.code === 0, json.err);
  const status = readStatus(json.out);
  assertEquals(status.verdict, row.verdict);
  assertEquals(status.generations_running, row.verdict === "idle" ? 0 : null);
  const named = status.detection.tiers.filter(({ reason }) => reason === "permission");
  assertEquals(named.some(({ answered }) => answered), false);
  for (const [source, flag] of row.missing) {
    const needs = named.find((one) => one.source === source || one.scope === source)?.needs ?? "";
    assert(needs.startsWith(flag), `${source} needs "${needs}"`);
  }
  assertEquals(named.length === 0, row.missing.length === 0);
  assertNotMatch(json.err + json.out, /Deno requests|Allow\?|\[y\/n/);
}
