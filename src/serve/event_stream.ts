/** Events as a stream of server-sent events, as a browser's `EventSource` reads it. */
import { withHeaders } from "./answers.ts";
import type { EventHub, Watcher } from "./event_hub.ts";
import { MAX_UNREAD } from "./event_hub.ts";

/** After how long a browser reconnects, in milliseconds. */
const RETRY_MS = 2_000;

const encoder = new TextEncoder();
const FIRST = encoder.encode(`retry: ${RETRY_MS}\n\n`);
const ALIVE = encoder.encode(": still here\n\n");
const LAST = encoder.encode(": serve ends\n\n");

/** Answers with a stream that lasts until either side ends it. */
export function streamEvents(hub: EventHub, lastId: string | null): Response {
  let watcher: Watcher | null = null;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller): void {
      controller.enqueue(FIRST);
      watcher = {
        send({ streamed }): boolean {
          if (streamed.length > 0) controller.enqueue(streamed);
          return (controller.desiredSize ?? 0) > 0;
        },
        stayAlive: () => controller.enqueue(ALIVE),
        close(why): void {
          if (why === "slow") return controller.error(new Error("it reads too slowly"));
          controller.enqueue(LAST);
          controller.close();
        },
      };
      hub.join(watcher, lastId);
    },
    cancel(): void {
      if (watcher !== null) hub.leave(watcher);
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD }));
  return new Response(stream, {
    headers: withHeaders({ "Content-Type": "text/event-stream; charset=utf-8" }),
  });
}
