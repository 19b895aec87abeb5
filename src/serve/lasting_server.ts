/**
 * `Deno.serve` that does not end by itself. Deno 2.9.6 gives up for good, and closes all connections,
 * when a connection cannot be accepted: 250 idle connections are enough where a process may have 256
 * open files.
 */
import { AppError } from "../errors.ts";
import type { Clock } from "../generation/clock.ts";
import { startListening } from "../system/listening.ts";

/** How long it waits before it listens again, in milliseconds. */
const AGAIN_MS = 1_000;

/** A server that listens until it is shut down. */
export interface LastingServer {
  readonly port: number;
  /** Resolves when all requests are answered. */
  shutdown(): Promise<void>;
}

/**
 * Starts it. Needs `--allow-net` for the host and the port, and where that is 0, to listen again, for
 * the one that was chosen.
 *
 * @param by.onFailure Is told each time when it must listen again, and once if it cannot.
 * @throws {PermissionError} If Deno's permission is missing.
 * @throws {AppError} If the address cannot be listened on, or the port is in use.
 */
export async function startLasting(
  at: { readonly hostname: string; readonly port: number },
  by: {
    readonly answer: (request: Request, address: string) => Promise<Response>;
    readonly clock: Clock;
    readonly onFailure: (error: unknown) => void;
  },
): Promise<LastingServer> {
  const ended = new AbortController();
  let server = await listen(at, by.answer);
  const { port } = server.addr;

  async function last(): Promise<void> {
    while (!ended.signal.aborted) {
      try {
        return await server.finished;
      } catch (cause) {
        if (ended.signal.aborted) return;
        by.onFailure(new AppError("failed", TOO_MANY, { cause }));
      }
      await listenAgain();
    }
  }

  async function listenAgain(): Promise<void> {
    let isTold = false;
    while (!ended.signal.aborted) {
      await by.clock.sleep(AGAIN_MS, ended.signal);
      try {
        server = await listen({ ...at, port }, by.answer);
        return;
      } catch (error) {
        if (!isTold) by.onFailure(error);
        isTold = true;
      }
    }
  }

  void last();
  return {
    port,
    async shutdown(): Promise<void> {
      ended.abort();
      // It may have given up already.
      await server.shutdown().catch(() => {});
    },
  };
}

const TOO_MANY = "Cannot accept connections, all were closed: probably too many are open " +
  "(serve goes on; allow it more open files: ulimit -n, or LimitNOFILE= of systemd)";

function listen(
  at: { readonly hostname: string; readonly port: number },
  answer: (request: Request, address: string) => Promise<Response>,
): Promise<Deno.HttpServer<Deno.NetAddr>> {
  return startListening(at, () =>
    Promise.resolve(
      Deno.serve(
        { ...at, onListen: () => {} },
        (request, { remoteAddr }) => answer(request, remoteAddr.hostname),
      ),
    ));
}
