/**
 * A free port for a server that stops and starts again in a test. It is below the range from which
 * systems choose free ports (32768 and up on Linux), because other tests use those all the time: one of
 * them could have it when the server comes back.
 */
export function ownPort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(12_000 * Math.random());
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** How many ports are tried: between the choice of one and its use, another test can take it. */
const TRIES = 5;

/** Starts a server on a port as `ownPort()` finds them. */
export async function onOwnPort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let tried = 1;; tried++) {
    try {
      return await start(ownPort());
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || tried === TRIES) throw error;
    }
  }
}
