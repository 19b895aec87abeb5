/**
 * Runs `serve` as it is typed, with a server whose answers a test decides: real HTTP on loopback,
 * and time that a test moves.
 */
import type { Adapters } from "../../src/cli/context.ts";
import { startWebService } from "../../src/serve/web_service.ts";
import { fetchHere } from "./http_clients.ts";
import { waitFor } from "./wait_for.ts";
import { WatchBench } from "./watch_bench.ts";
import type { RunningCommand } from "./watch_bench.ts";

/** An answer, read to its end. */
export interface ServeAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A running `serve`; disposing ends it with Ctrl-C. */
export class ServeBench implements AsyncDisposable {
  readonly bench: WatchBench;
  readonly url: string;
  readonly running: RunningCommand;

  private constructor(bench: WatchBench, running: RunningCommand, url: string) {
    this.bench = bench;
    this.running = running;
    this.url = url;
  }

  /** Starts it. @param options.line Its further options. @param options.token In its token file. */
  static async open(
    { line = "", token, prepare, bench = new WatchBench(served(token)) }: {
      readonly line?: string;
      readonly token?: string;
      readonly prepare?: (bench: WatchBench) => void | Promise<void>;
      /** Made with `served()`. */
      readonly bench?: WatchBench;
    } = {},
  ): Promise<ServeBench> {
    await prepare?.(bench);
    const words = ["serve --port 0", ...(token === undefined ? [] : ["--access-token-file token"])];
    const running = await bench.start([...words, line].join(" ").trim());
    await waitFor(() => bench.out.includes("\n") || running.hasEnded, { what: "the address" });
    const url = /http\S+/.exec(bench.out)?.[0];
    if (url === undefined) throw new Error(`It does not serve: ${bench.err}`);
    return new ServeBench(bench, running, url);
  }

  /** Sends a request; redirects are not followed. */
  async ask(path: string, init: RequestInit = {}): Promise<ServeAnswer> {
    const response = await fetchHere(`${this.url}${path}`, { redirect: "manual", ...init });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Asks for a look that begins now. */
  async askAnew(path: string): Promise<ServeAnswer> {
    await this.bench.clock.advance(100);
    return await this.ask(`${path}?max_age=0`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.bench.context.interrupt();
    await this.running.ended;
  }
}

/** What a bench needs to serve. @param token In its token file. */
export function served(token?: string): {
  readonly adapters: Pick<Adapters, "webService">;
  readonly secretFile?: string;
} {
  return {
    adapters: { webService: () => Promise.resolve({ start: startWebService }) },
    ...(token === undefined ? {} : { secretFile: token }),
  };
}
