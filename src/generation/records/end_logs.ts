/** Combines several places in which ends are kept. */
import type { EndLog, GenerationEnd } from "./store.ts";

/**
 * Writes to all of them; reads one after the other until one knows the end. `null`: there are none.
 */
export function uniteEndLogs(logs: readonly EndLog[]): EndLog | null {
  const [first, ...others] = logs;
  if (first === undefined) return null;
  if (others.length === 0) return first;
  return {
    async put(end): Promise<void> {
      await Promise.all(logs.map((log) => log.put(end)));
    },
    async find(id): Promise<GenerationEnd | null> {
      for (const log of logs) {
        const end = await log.find(id);
        if (end !== null) return end;
      }
      return null;
    },
  };
}
