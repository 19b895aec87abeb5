/** Those who watch the events of `serve`, and how soon they know of work. */

/** When a piece of work began and was over. */
export interface Work {
  readonly busy: number;
  readonly idle: number;
}

/**
 * A watcher: the verdicts that it was told, and when. It reads the connection itself: a thousand
 * streams of `fetch()` would take more time than the server that they measure.
 */
export class Watcher {
  readonly told: { readonly verdict: string; readonly atMs: number }[] = [];
  #connection: Deno.TcpConn | undefined;

  async watch(url: URL): Promise<void> {
    const { hostname, host } = url;
    this.#connection = await Deno.connect({ hostname, port: Number(url.port) });
    await this.#connection.write(
      new TextEncoder().encode(`GET /events HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
    );
    const buffer = new Uint8Array(4_096);
    const decoder = new TextDecoder();
    let rest = "";
    // An aborted read is an error.
    for (let length; (length = await this.#connection.read(buffer).catch(() => null)) !== null;) {
      const atMs = performance.now();
      const lines = (rest + decoder.decode(buffer.subarray(0, length))).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const verdict = /^data: .*"event":"verdict.changed".*"verdict":"(\w+)"/.exec(line)?.[1];
        if (verdict !== undefined) this.told.push({ verdict, atMs });
      }
    }
  }

  end(): void {
    this.#connection?.close();
  }

  /** When it was told of a verdict, but for what it was told at first. */
  timesOf(verdict: string): readonly number[] {
    return this.told.slice(1).filter((one) => one.verdict === verdict).map(({ atMs }) => atMs);
  }
}

/** How long it took until single watchers knew, and until all did. */
export function delays(
  watchers: readonly Watcher[],
  { done, verdict }: { readonly done: readonly Work[]; readonly verdict: keyof Work },
): string {
  const each = watchers.map((watcher) =>
    done.flatMap((piece) => {
      const told = watcher.timesOf(verdict).find((atMs) => atMs >= piece[verdict]);
      return told === undefined ? [] : told - piece[verdict];
    })
  );
  const last = done.map((_, at) => Math.max(...each.map((one) => one[at] ?? NaN)));
  const all = each.flat();
  return `${percentile(all, 0.5)} ms (median), ${percentile(all, 0.99)} ms (99 %), ` +
    `${percentile(last, 0.5)} ms until all know (${percentile(last, 0.99)} ms at worst)`;
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN);
}
