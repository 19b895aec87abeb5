/**
 * Observes ComfyUI's queues through SwarmUI, by ComfyUI's own socket (`swarmui-protocol.md §20.12`): it
 * tells the length when it opens and at each change, and needs the right `comfy_direct_calls`.
 */
import type { ObservationEnd, QueueObserver } from "../../detection/queue_observer.ts";
import { isJsonObject, parseJson } from "../../json_object.ts";
import type { SwarmOptions } from "../http/swarm_options.ts";
import { Transport } from "../http/transport.ts";
import { openWebSocket } from "./web_socket.ts";

/** ComfyUI's messages to somebody who runs nothing are short; a preview picture may be among them. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** With this HTTP status SwarmUI refuses a user without the right. */
const NOT_PERMITTED = 401;

/** Makes what observes; nothing is opened by that. */
export function createQueueObserver(options: SwarmOptions): QueueObserver {
  const transport = new Transport(options);
  return {
    async observe(backendId, { signal, onLength }): Promise<ObservationEnd> {
      if (signal.aborted || transport.forbidden() !== null) return "refused";
      const ended = Promise.withResolvers<void>();
      const end = (): void => ended.resolve();
      signal.addEventListener("abort", end);
      try {
        const socket = await openWebSocket(
          `${transport.url}/ComfyBackendDirect/ws?clientId=${crypto.randomUUID()}`,
          {
            ...options.http.to(transport.url),
            headers: { ...transport.headers, "x-swarm-backend-id": `${backendId}` },
            listener: {
              onMessage: (text) => {
                const length = text === null ? null : readLength(text);
                if (length !== null) onLength(length);
              },
              onEnd: end,
              onFlood: end,
            },
            timeoutMs: options.requestTimeoutMs,
            maxMessageBytes: MAX_MESSAGE_BYTES,
            clock: options.clock,
            signal,
          },
        );
        if ("ok" in socket) return socket.refusedWith === NOT_PERMITTED ? "refused" : "ended";
        await ended.promise;
        socket.drop();
        return "ended";
      } catch (error) {
        if (signal.aborted) return "ended";
        throw error;
      } finally {
        signal.removeEventListener("abort", end);
      }
    },
  };
}

/** How many jobs a message tells of; `null`: it is about something else. */
function readLength(text: string): number | null {
  // Others' messages, such as those of progress, come far more often.
  if (!text.includes('"queue_remaining"')) return null;
  const message = parseJson(text);
  const data = isJsonObject(message) && message["type"] === "status" ? message["data"] : null;
  const status = isJsonObject(data) ? data["status"] : null;
  const info = isJsonObject(status) ? status["exec_info"] : null;
  const remaining = isJsonObject(info) ? info["queue_remaining"] : null;
  return typeof remaining === "number" && Number.isSafeInteger(remaining) && remaining >= 0
    ? remaining
    : null;
}
