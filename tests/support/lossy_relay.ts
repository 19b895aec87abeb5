/**
 * A relay before a server that damages connections at random moments: cuts them, closes them
 * properly, or stalls them for a while and then cuts. The same seed gives the same choices.
 */

/** What happens to a connection. */
type Fate = "passes" | "cut" | "closed" | "stalled";

/** How much damage a relay does. */
export interface Losses {
  readonly seed: number;
  /** The percentage of connections that are damaged. */
  readonly percent: number;
  /** The latest moment, in milliseconds after the connection was opened. */
  readonly withinMs: number;
  /** How long a connection stalls before it is cut, in milliseconds. */
  readonly stallMs: number;
}

/** A running relay. */
export interface LossyRelay extends AsyncDisposable {
  readonly url: string;
  /** How many connections were damaged. */
  readonly harmed: number;
}

/** Opens a relay on a free port of this machine, to another port of this machine. */
export function openLossyRelay(toPort: number, losses: Losses): LossyRelay {
  const hostname = "127.0.0.1";
  const listener = Deno.listen({ hostname, port: 0 });
  const random = randomFrom(losses.seed);
  const open = new Set<Deno.TcpConn>();
  const passing = new Set<Promise<void>>();
  let harmed = 0;

  function close(connection: Deno.TcpConn): void {
    open.delete(connection);
    try {
      connection.close();
    } catch {
      // It is closed.
    }
  }

  async function pass(incoming: Deno.TcpConn): Promise<void> {
    const fate = fateOf(random(), losses);
    const dueMs = random() * losses.withinMs;
    open.add(incoming);
    const outgoing = await Deno.connect({ hostname, port: toPort }).catch(() => null);
    if (outgoing === null) return close(incoming);
    open.add(outgoing);
    let isStalled = false;
    const ended = new AbortController();
    const harm = fate === "passes" ? Promise.resolve() : (async () => {
      await sleep(dueMs, ended.signal);
      if (ended.signal.aborted) return;
      harmed++;
      isStalled = fate === "stalled";
      if (isStalled) await sleep(losses.stallMs, ended.signal);
      if (fate === "closed") await incoming.closeWrite().catch(() => {});
      close(incoming);
      close(outgoing);
    })();
    await Promise.all([
      copy(incoming, outgoing, () => isStalled),
      copy(outgoing, incoming, () => isStalled),
    ]);
    // Stalled bytes are not passed on later: the other side would do what nobody waits for.
    if (!isStalled) ended.abort();
    close(incoming);
    close(outgoing);
    ended.abort();
    await harm;
  }

  const listening = (async () => {
    for await (const connection of listener) passing.add(pass(connection));
  })();
  return {
    url: `http://${hostname}:${listener.addr.port}`,
    get harmed(): number {
      return harmed;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      listener.close();
      await listening;
      for (const connection of open) close(connection);
      await Promise.all(passing);
    },
  };
}

/** Copies until either side ends; what is read while it is stalled is lost. */
async function copy(
  from: Deno.TcpConn,
  to: Deno.TcpConn,
  isStalled: () => boolean,
): Promise<void> {
  const buffer = new Uint8Array(16_384);
  try {
    for (;;) {
      const count = await from.read(buffer);
      if (count === null) break;
      if (isStalled()) continue;
      for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
    }
    await to.closeWrite();
  } catch {
    // The other direction ends with this one.
    for (const connection of [from, to]) {
      try {
        connection.close();
      } catch {
        // It is closed.
      }
    }
  }
}

function fateOf(random: number, { percent }: Losses): Fate {
  const harms: readonly Fate[] = ["cut", "closed", "stalled"];
  const at = Math.floor(random * 100 / percent * harms.length);
  return harms[at] ?? "passes";
}

function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, delayMs);
    function end(): void {
      clearTimeout(timer);
      resolve();
    }
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
}

/** Uniformly distributed numbers 0…1 (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
