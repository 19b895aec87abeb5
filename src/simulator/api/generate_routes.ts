/** GenerateText2Image, over HTTP and over a WebSocket (`swarmui-protocol.md §3, §4`). */
import { generate } from "../images/generate.ts";
import type { JsonObject } from "../../json_object.ts";
import { parseJsonObject } from "../exact_json.ts";
import { valueText } from "../models/parameter_value.ts";
import { firstAbort } from "../../generation/until_aborted.ts";
import type { ServerSocket } from "../wire/server_socket.ts";
import { type ApiCall, integerOf, type Route } from "./route.ts";
import { statusToWire } from "./server_status.ts";

const RIGHT = "basic_image_generation";

/** Both routes. */
export const GENERATE_ROUTES: readonly Route[] = [
  { kind: "http", name: "GenerateText2Image", right: RIGHT, run: answerAtOnce },
  { kind: "socket", name: "GenerateText2ImageWS", right: RIGHT, run: talk },
];

/**
 * Answers when all is done: pictures in the order in which they were finished, or only the first
 * error.
 */
async function answerAtOnce({ swarm, session, body }: ApiCall): Promise<JsonObject> {
  const images: unknown[] = [];
  const discarded: unknown[] = [];
  const byIndex = new Map<unknown, unknown>();
  const errors: unknown[] = [];
  await generate(swarm, {
    session,
    images: integerOf(body, "images"),
    body,
    offset: 0,
    output: {
      isLive: false,
      send: (message) => {
        if ("error" in message) errors.push(message.error);
        if ("image" in message) {
          images.push(message.image);
          byIndex.set(Number(message.batch_index), message.image);
        }
        if (Array.isArray(message.discard_indices)) {
          discarded.push(...message.discard_indices.map((index) => byIndex.get(index)));
        }
      },
    },
  });
  if (errors.length > 0) return { error: errors[0] };
  return { images: images.filter((image) => !discarded.includes(image)) };
}

/** Each message is a request, until none is running and none comes for a while (§4.5). */
async function talk(call: ApiCall, socket: ServerSocket): Promise<void> {
  const { swarm, session } = call;
  const { boot, clock, settings } = swarm;
  const requests = new Set<{ readonly over: Promise<void>; isOver: boolean }>();
  const send = (message: JsonObject): Promise<void> => socket.send(JSON.stringify(message));
  let offset = 0;
  const begin = (body: JsonObject, images: number): void => {
    const over = generate(swarm, { session, images, body, offset, output: { isLive: true, send } });
    const request = { over, isOver: false };
    over.finally(() => request.isOver = true);
    requests.add(request);
    const batchSize = Number(valueText(body.batchsize));
    offset += Math.max(0, images) * (Number.isInteger(batchSize) && batchSize > 0 ? batchSize : 1);
  };
  begin(call.body, integerOf(call.body, "images"));
  listen(socket, begin);
  const stopped = firstAbort([boot.signal]);
  while (!boot.signal.aborted) {
    await Promise.race([stopped, ...[...requests].map(({ over }) => over)]);
    for (const request of requests) if (request.isOver) requests.delete(request);
    if (requests.size > 0 || boot.signal.aborted) continue;
    await send({ socket_intention: "close" });
    await clock.sleep(settings.closePauseMs, boot.signal);
    // a request that came and ended in the meantime is noticed only now, and reports its end again
    if (requests.size === 0) break;
  }
  if (boot.signal.aborted) return socket.drop();
  await send(statusToWire(swarm, session.counters));
}

/**
 * Takes further requests; the first message that is not one ends the listening without an answer.
 */
async function listen(
  socket: ServerSocket,
  begin: (body: JsonObject, images: number) => void,
): Promise<void> {
  while (true) {
    const message = await socket.receive();
    const body = message === null ? null : parseJsonObject(message);
    if (body === null) return;
    const images = Number(valueText(body.images));
    begin(body, Number.isInteger(images) ? images : 0);
  }
}
