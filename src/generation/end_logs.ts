/** Several places where ends are told, as one. */
import type { EndLog, GenerationEnd } from "./store.ts";

/** Tells every one; asks one after the other until one knows. `null`: there are none. */
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
