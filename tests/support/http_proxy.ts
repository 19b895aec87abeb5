/**
 * `http_proxy.ts`: an HTTP proxy that takes every host for this machine. Prints its address, then
 * the first line of each connection, and ends with its standard input.
 */
const decoder = new TextDecoder();
const encoder = new TextEncoder();

async function pass(incoming: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  let head = "";
  while (!head.includes("\r\n\r\n")) {
    const length = await incoming.read(buffer);
    if (length === null) return incoming.close();
    head += decoder.decode(buffer.subarray(0, length));
  }
  const [line = ""] = head.split("\r\n", 1);
  console.log(line);
  const isTunnel = line.startsWith("CONNECT ");
  const port = Number(/^\S+ (?:http:\/\/)?[^/:]+:(\d+)/.exec(line)?.[1]);
  const outgoing = await Deno.connect({ hostname: "127.0.0.1", port });
  // An absolute address is passed on unchanged; servers must accept it (RFC 9112 §3.2.2).
  if (isTunnel) await incoming.write(encoder.encode("HTTP/1.1 200 OK\r\n\r\n"));
  else await outgoing.write(encoder.encode(head));
  await Promise.all([
    incoming.readable.pipeTo(outgoing.writable),
    outgoing.readable.pipeTo(incoming.writable),
  ]);
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(`http://127.0.0.1:${listener.addr.port}`);
(async () => {
  for await (const connection of listener) {
    // A connection that one side cuts is over; the others go on.
    pass(connection).catch(() => {});
  }
})();
for await (const _ of Deno.stdin.readable);
Deno.exit();
