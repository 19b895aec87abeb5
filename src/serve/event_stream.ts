/** Events as a stream of server-sent events, as a browser's `EventSource` reads it. */
import { withHeaders } from "./answers.ts";
import type { EventHub, Watcher } from "./event_hub.ts";
import { MAX_UNREAD } from "./event_hub.ts";
import type { EventMessage } from "./event_memory.ts";

/** After how long a browser reconnects, in milliseconds. */
const RETRY_MS = 2_000;

/** The bytes of each message, made once for all watchers. */
const encoded = new WeakMap<EventMessage, Uint8Array<ArrayBuffer>>();
const encoder = new TextEncoder();

/** Answers with a stream that lasts until either side ends it. */
export function streamEvents(hub: EventHub, lastId: string | null): Response {
  let watcher: Watcher | null = null;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller): void {
      controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
      watcher = {
        send(messages): boolean {
          for (const message of messages) controller.enqueue(bytesOf(message));
          return (controller.desiredSize ?? 0) > 0;
        },
        stayAlive: () => controller.enqueue(encoder.encode(": still here\n\n")),
        close(why): void {
          if (why === "slow") return controller.error(new Error("it reads too slowly"));
          controller.enqueue(encoder.encode(": serve ends\n\n"));
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

function bytesOf(message: EventMessage): Uint8Array<ArrayBuffer> {
  const known = encoded.get(message);
  if (known !== undefined) return known;
  const id = message.id === null ? "" : `id: ${message.id}\n`;
  const bytes = encoder.encode(`${id}data: ${message.text}\n\n`);
  encoded.set(message, bytes);
  return bytes;
}
