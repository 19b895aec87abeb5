/**
 * A server that behaves like SwarmUI up to the point at which it does harm: the test decides what
 * comes over the WebSocket of a generation, and what its pictures contain.
 */
import type { CliOptions, CliResult } from "./cli_process.ts";
import { runCli } from "./cli_process.ts";

/** Its only model. */
const MODEL = "tiny.safetensors";

const IDLE = { waiting_gens: 0, loading_models: 0, waiting_backends: 0, live_gens: 0 };

/** How SwarmUI ends a request. */
export const NORMAL_END: readonly string[] = [
  '{"discard_indices":[]}',
  '{"socket_intention":"close"}',
];

/** What it does. */
export interface HostileScript {
  /** The texts that it sends once the request has come. It closes with code 1000 after them. */
  readonly frames?: Iterable<string>;
  /** The pictures, by their paths without a slash before them. */
  readonly pictures?: Readonly<Record<string, () => Response>>;
  /** Answers of API routes instead of its own. */
  readonly routes?: Readonly<Record<string, () => Response>>;
}

/** A hostile server that runs until it is disposed. */
export class HostileServer implements AsyncDisposable {
  readonly #script: HostileScript;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(script: HostileScript) {
    this.#script = script;
    this.#server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Runs `generate image` against it to the end, with JSON output. */
  generate(
    directory: string,
    args: readonly string[] = [],
    options: Omit<CliOptions, "cwd"> = {},
  ): Promise<CliResult> {
    const words = ["generate", "image", "-p", "a cat", "--model", MODEL, "--format", "json"];
    return this.run([...words, ...args], directory, options);
  }

  /** Runs the program against it. */
  run(
    args: readonly string[],
    directory: string,
    options: Omit<CliOptions, "cwd"> = {},
  ): Promise<CliResult> {
    const env = { ASSET_GENERATOR_API_URL: this.url, ...options.env };
    return runCli(args, { ...options, cwd: directory, env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  #answer(request: Request): Response {
    const path = decodeURIComponent(new URL(request.url).pathname).slice(1);
    if (request.headers.has("upgrade")) return this.#upgrade(request);
    const route = path.replace(/^API\//, "");
    const own = this.#script.routes?.[route] ?? this.#script.pictures?.[path];
    if (own !== undefined) return own();
    switch (route) {
      case "GetNewSession":
        return Response.json({ session_id: "53c237", user_id: "local", version: "0.9.8.2" });
      case "ListModels":
        return Response.json({ folders: [], files: [{ name: MODEL, loaded: true }] });
      case "InterruptAll":
        return Response.json({ success: true });
      default:
        return Response.json({ status: IDLE, backend_status: {}, supported_features: [] });
    }
  }

  #upgrade(request: Request): Response {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = () => {
      for (const frame of this.#script.frames ?? []) socket.send(frame);
      socket.close(1000);
    };
    return response;
  }
}

/** An `image` message. */
export function imageFrame(path: unknown, more: object = {}): string {
  return JSON.stringify({ image: path, batch_index: "0", request_id: "1", ...more });
}

/** The bytes of a whole picture of one pixel. */
export const PNG = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
);
