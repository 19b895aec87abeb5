import { assert, assertEquals } from "@std/assert";
import { ServerUnreachableError } from "../../../src/errors.ts";
import { collect, generate } from "../follow.ts";
import { type ServerSocket, SocketServer } from "../socket_server.ts";

const OVER = { socket_intention: "close" };
const COUNT = 100_000;
/** 100,000 of them are 200 MB. */
const PREVIEW = `data:image/jpeg;base64,${"A".repeat(1950)}`;
/** Bytes of memory in use beyond which a flood was not held back. */
const MUCH = 150_000_000;

function progress(step: number): string {
  return JSON.stringify({
    gen_progress: {
      batch_index: `${step % 2}`,
      overall_percent: step / COUNT,
      current_percent: step / COUNT,
      preview: PREVIEW,
    },
  });
}

function flooding(
  message: (at: number) => string,
  onSent: () => void = () => {},
): (socket: ServerSocket) => Promise<void> {
  return async (socket) => {
    for (let at = 1; at <= COUNT; at++) await socket.frame(0x81, message(at));
    await socket.json(OVER);
    onSent();
    await socket.untilLeft();
  };
}

Deno.test("generate() survives a flood of progress, and loses no picture in it", async () => {
  await using server = new SocketServer(
    flooding((at) =>
      at === 50_000 ? '{"image":"View/local/a.png","batch_index":"0"}' : progress(at)
    ),
  );
  const before = Deno.memoryUsage().heapUsed;
  let most = 0;
  const kinds = new Set<string>();
  let images = 0;
  for await (const event of generate(server.url)) {
    kinds.add(event.kind);
    if (event.kind === "image") images += 1;
    most = Math.max(most, Deno.memoryUsage().heapUsed - before);
  }
  assertEquals(kinds, new Set(["sent", "accepted", "progress", "image", "over"]));
  assertEquals(images, 1);
  assert(most < MUCH, `${most}`);
});

Deno.test("generate() ends with one line where nobody takes what a server floods it with", async () => {
  const isFlooded = Promise.withResolvers<void>();
  await using server = new SocketServer(async (socket) => {
    await socket.json({ keep_alive: true });
    await flooding((at) => JSON.stringify({ error: `${at}${PREVIEW}` }), isFlooded.resolve)(socket);
  });
  const events = generate(server.url)[Symbol.asyncIterator]();
  for (const kind of ["sent", "accepted"]) assertEquals((await events.next()).value.kind, kind);
  // The consumer is busy with something else.
  await isFlooded.promise;
  const rest = await collect({ [Symbol.asyncIterator]: () => events });
  assert(rest.error instanceof ServerUnreachableError, `${rest.error}`);
  assertEquals(
    rest.error.message,
    "Cannot follow the generation: the server sends more than can be taken in",
  );
  assertEquals(new Set(rest.events.map(({ kind }) => kind)), new Set(["error"]));
  assertEquals(rest.events.length, 1000);
});
