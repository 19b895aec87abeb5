/** A server on loopback that answers as a test says, and remembers the requests. */
import answers from "../fixtures/swarm/answers.json" with { type: "json" };

/** One request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** What the server does with a request. */
export type Handler = (request: SeenRequest) => Response | Promise<Response>;

/**
 * The name of an answer that a real server gave; `tests/fixtures/swarm/answers.json` says in which
 * recording.
 */
export type RecordedName = keyof typeof answers;

/** A recorded answer as a response. */
export function recorded(name: RecordedName): Response {
  const answer: {
    readonly status: number;
    readonly contentType?: string;
    readonly location?: string;
    readonly body: unknown;
  } = answers[name];
  const headers = new Headers();
  if (answer.contentType !== undefined) headers.set("content-type", answer.contentType);
  if (answer.location !== undefined) headers.set("location", answer.location);
  const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
  // As bytes, because a text body would get a content type of its own.
  return new Response(new TextEncoder().encode(text), { status: answer.status, headers });
}

/** A JSON answer as SwarmUI gives it. */
export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}

/** A web page. */
export function html(text: string, status = 200): Response {
  return new Response(text, { status, headers: { "content-type": "text/html; charset=utf-8" } });
}

/** A redirect as SwarmUI gives it: relative, without a body. */
export function redirect(location: string): Response {
  return new Response(null, { status: 302, headers: { location } });
}

/** A server that runs until it is disposed of. */
export class ScriptedServer implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #stopped = Promise.withResolvers<void>();

  constructor(handler: Handler) {
    this.#server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      async (raw) => {
        const url = new URL(raw.url);
        const request = {
          method: raw.method,
          path: url.pathname + url.search,
          headers: new Headers(raw.headers),
          body: await raw.text(),
        };
        this.requests.push(request);
        return await handler(request);
      },
    );
  }

  /** Answers by the last part of the path; an unknown one fails the request with 418. */
  static routes(handlers: Readonly<Record<string, Handler>>): ScriptedServer {
    return new ScriptedServer((request) => {
      const name = request.path.split("/").at(-1) ?? "";
      return handlers[name]?.(request) ??
        new Response(`unexpected ${request.path}`, { status: 418 });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** The last parts of the paths that were asked for, in order. */
  get asked(): readonly string[] {
    return this.requests.map(({ path }) => path.split("/").at(-1) ?? "");
  }

  /** An answer that never comes. */
  async hang(): Promise<Response> {
    await this.#stopped.promise;
    return new Response(null, { status: 500 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.resolve();
    await this.#server.shutdown();
  }
}

/** A TCP server that writes bytes as a test says, for answers that no HTTP server would give. */
export class RawServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  readonly #open = new Set<Deno.Conn>();
  readonly #done: Promise<void>;

  /** @param serve Called for each connection, once the head of a request has arrived. */
  constructor(serve: (conn: Deno.Conn, head: string) => Promise<void>) {
    this.#done = this.#accept(serve);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async #accept(serve: (conn: Deno.Conn, head: string) => Promise<void>): Promise<void> {
    const running: Promise<void>[] = [];
    for await (const conn of this.#listener) {
      this.#open.add(conn);
      running.push(
        readHead(conn).then((head) => serve(conn, head)).catch((error) => {
          // These tests are about connections that one side closed, so such errors are expected.
          if (!Object.values(Deno.errors).some((kind) => error instanceof kind)) throw error;
        }),
      );
    }
    await Promise.all(running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#open) closeQuietly(conn);
    await this.#done;
  }
}

/** Closes a connection that may be closed already. */
export function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** Writes a whole text, or some bytes. */
export async function writeAll(conn: Deno.Conn, content: string | Uint8Array): Promise<void> {
  let rest = typeof content === "string" ? new TextEncoder().encode(content) : content;
  while (rest.length > 0) rest = rest.subarray(await conn.write(rest));
}

/** The address of a port on which nothing listens. */
export function deadUrl(): string {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  return `http://127.0.0.1:${port}`;
}

/**
 * Reads the head of a request, and any bytes that came with it; empty if the client disconnected.
 */
export async function readHead(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(4096);
  let head = "";
  while (!head.includes("\r\n\r\n")) {
    const length = await conn.read(buffer);
    if (length === null) return head;
    head += new TextDecoder().decode(buffer.subarray(0, length));
  }
  return head;
}
