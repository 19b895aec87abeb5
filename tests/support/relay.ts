/**
 * Another address of a server: connections to it are passed on to the server's port, as by a proxy.
 */

/** A running relay. */
export interface Relay extends AsyncDisposable {
  readonly url: string;
}

/** Opens a relay on a free port of this machine, to another port of this machine. */
export function openRelay(toPort: number): Relay {
  const hostname = "127.0.0.1";
  const listener = Deno.listen({ hostname, port: 0 });
  const open = new Set<Deno.TcpConn>();
  async function pass(incoming: Deno.TcpConn): Promise<void> {
    open.add(incoming);
    const outgoing = await Deno.connect({ hostname, port: toPort }).catch(() => null);
    if (outgoing === null) return close(incoming);
    open.add(outgoing);
    await Promise.allSettled([
      incoming.readable.pipeTo(outgoing.writable),
      outgoing.readable.pipeTo(incoming.writable),
    ]);
    close(incoming);
    close(outgoing);
  }
  function close(connection: Deno.TcpConn): void {
    open.delete(connection);
    try {
      connection.close();
    } catch {
      // Its streams have closed it.
    }
  }
  const passing = new Set<Promise<void>>();
  const listening = (async () => {
    for await (const connection of listener) passing.add(pass(connection));
  })();
  return {
    url: `http://${hostname}:${listener.addr.port}`,
    async [Symbol.asyncDispose](): Promise<void> {
      listener.close();
      await listening;
      for (const connection of open) close(connection);
      await Promise.all(passing);
    },
  };
}
