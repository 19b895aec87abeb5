/** Events over a WebSocket: each document is a message. */
import type { EventHub, Watcher } from "./event_hub.ts";
import { MAX_UNREAD } from "./event_hub.ts";

/** How long a connection may be silent before it is checked, in seconds. */
const IDLE_SECONDS = 30;

/** Close codes of a WebSocket (RFC 6455 §7.4, and the IANA registry). */
const CLOSE = { goingAway: 1001, notExpected: 1008, tryLater: 1013 } as const;

/** Answers a handshake. */
export function openEventSocket(
  hub: EventHub,
  { request, lastId }: { readonly request: Request; readonly lastId: string | null },
): Response {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: IDLE_SECONDS });
  const watcher: Watcher = {
    send({ messages }): boolean {
      // The close event follows soon.
      if (socket.readyState !== WebSocket.OPEN) return true;
      for (const { text } of messages) socket.send(text);
      return socket.bufferedAmount < MAX_UNREAD;
    },
    stayAlive: () => {},
    close: (why) =>
      why === "end"
        ? socket.close(CLOSE.goingAway, "serve ends")
        : socket.close(CLOSE.tryLater, "reads too slowly"),
  };
  socket.onopen = () => hub.join(watcher, lastId);
  socket.onmessage = () => {
    hub.leave(watcher);
    socket.close(CLOSE.notExpected, "expects no messages");
  };
  socket.onclose = () => hub.leave(watcher);
  // The close event follows.
  socket.onerror = (event) => event.preventDefault();
  return response;
}
