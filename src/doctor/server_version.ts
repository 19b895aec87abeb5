/** What older SwarmUI servers cannot tell (`swarmui-protocol.md §10, §13`). Pure. */

interface Feature {
  readonly what: string;
  /** From this version on it certainly exists. */
  readonly since: readonly [number, number, number, number];
}

const FEATURES: readonly Feature[] = [
  { what: "sessions that survive its restart", since: [0, 9, 2, 0] },
  { what: "the counters of all users (GetGlobalStatus)", since: [0, 9, 7, 1] },
  { what: "counters by user (ListConnectedUsers)", since: [0, 9, 7, 1] },
];

/** The first version that answers everything that this tool asks. */
export const FULL_VERSION = "0.9.7.1";

/** What a version lacks, in words; `null` if the version cannot be compared. */
export function lackingIn(version: string): readonly string[] | null {
  const found = /^(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?(?![\d])/.exec(version);
  if (found === null) return null;
  const numbers = found.slice(1).map((part) => Number(part ?? 0));
  return FEATURES.filter(({ since }) => isBefore(numbers, since)).map(({ what }) => what);
}

function isBefore(version: readonly number[], since: readonly number[]): boolean {
  for (const [index, wanted] of since.entries()) {
    const there = version[index] ?? 0;
    if (there !== wanted) return there < wanted;
  }
  return false;
}
