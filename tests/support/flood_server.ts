/**
 * `flood_server.ts KIND`: a server that sends endless messages after a request over a WebSocket, as
 * fast as they are read. Prints its address, and ends with its standard input.
 */
import { SocketServer } from "../swarm/socket_server.ts";

/** Frames of one kind, as bytes: a first byte and a payload of at most 125 bytes, many times over. */
function frames(first: number, payload: string): Uint8Array {
  const one = [first, payload.length, ...new TextEncoder().encode(payload)];
  return new Uint8Array(Array.from({ length: 20_000 }, () => one).flat());
}

const KINDS: Readonly<Record<string, () => Uint8Array>> = {
  text: () => frames(0x81, '{"keep_alive":true}'),
  pong: () => frames(0x8a, ""),
};

const IDLE = { waiting_gens: 0, loading_models: 0, waiting_backends: 0, live_gens: 0 };
const flood = KINDS[Deno.args[0] ?? ""]?.() ?? new Uint8Array(0);
await using server = new SocketServer(async (socket) => {
  for (;;) await socket.bytes(flood);
}, {
  GetNewSession: { session_id: "53c237", user_id: "local", version: "0.9.8.2" },
  ListModels: { folders: [], files: [{ name: "tiny.safetensors", loaded: true }] },
  GetCurrentStatus: { status: IDLE },
  InterruptAll: { success: true },
});
console.log(server.url);
for await (const _ of Deno.stdin.readable);
