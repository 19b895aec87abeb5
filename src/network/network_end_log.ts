/**
 * How generations ended, kept on Redis for the time of a lease, so that `events` on other machines
 * can report it.
 */
import { decodeEnd, encodeEnd } from "../generation/records/end_log.ts";
import { isSafeId, LEASE_MS } from "../generation/generation.ts";
import type { EndLog, GenerationEnd } from "../generation/records/end_log.ts";
import { parseJson } from "../json_object.ts";
import type { RedisLink } from "./redis_link.ts";
import { FIND_END, script, TELL_END } from "./redis_scripts.ts";

/** The longest text that can be such an entry, in bytes. */
const LONGEST = 1_000;

/** @param options.prefix The prefix of all keys. */
export function createNetworkEndLog(
  { link, prefix }: { readonly link: RedisLink; readonly prefix: string },
): EndLog {
  const keyOf = (id: string): string => `${prefix}ended:${id}`;
  return {
    async put(end): Promise<void> {
      const text = JSON.stringify(encodeEnd(end));
      try {
        await link.change("Cannot tell an end by", (deadlineMs) => [
          ...script(TELL_END, [keyOf(end.id)]),
          ...[`${deadlineMs}`, text, `${LEASE_MS}`],
        ]);
      } catch {
        // Other machines learn that it ended, but not how.
      }
    },
    async find(id): Promise<GenerationEnd | null> {
      if (!isSafeId(id)) return null;
      try {
        const text = await link.send(
          "Cannot read an end from",
          () => [...script(FIND_END, [keyOf(id)]), `${LONGEST}`],
        );
        return typeof text === "string" ? decodeEnd(parseJson(text), id) : null;
      } catch {
        return null;
      }
    },
  };
}
