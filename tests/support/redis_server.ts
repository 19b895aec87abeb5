/** A real Redis (Debian's `redis-server`) on a loopback port, with a directory of its own. */
import { ownPort } from "./own_port.ts";
import { hasCommand } from "./shell.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";
import { waitFor } from "./wait_for.ts";

/** Whether there is a Redis; the tests that need it are ignored without it. */
export const HAS_REDIS = hasCommand("redis-server");

/** A Redis under way; disposing ends it. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** Its address. */
  readonly url: string;
  /** Runs a command by a connection of its own; gives the first line of the answer. */
  ask(command: string): Promise<string>;
  /** Runs a command the same way; gives all lines of the answer. */
  askAll(command: string): Promise<string>;
  /** The names of all keys. */
  keys(): Promise<readonly string[]>;
  /** Stops it where it is, so that it answers nothing. */
  freeze(): void;
  thaw(): void;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with nothing in it. */
  restart(): Promise<void>;
}

/** @param options More of `redis-server`'s options, such as `--requirepass`, `x`. */
export async function startRedis(options: readonly string[] = []): Promise<RedisServer> {
  const directory = await tempDir();
  const port = ownPort();
  const server = new Server({ directory, port, options });
  await server.restart();
  return server;
}

class Server implements RedisServer {
  readonly port: number;
  readonly #directory: TempDir;
  readonly #options: readonly string[];
  #process: Deno.ChildProcess | null = null;

  constructor(parts: {
    readonly directory: TempDir;
    readonly port: number;
    readonly options: readonly string[];
  }) {
    this.port = parts.port;
    this.#directory = parts.directory;
    this.#options = parts.options;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async ask(command: string): Promise<string> {
    return (await this.askAll(command)).split("\r\n")[0] ?? "";
  }

  askAll(command: string): Promise<string> {
    return talk(this.port, command);
  }

  async keys(): Promise<readonly string[]> {
    const lines = (await talk(this.port, "KEYS *")).split("\r\n");
    return lines.filter((line) => !/^([*$:+]|$)/.test(line)).sort();
  }

  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
    this.#process = null;
  }

  async restart(): Promise<void> {
    const common = ["--bind", "127.0.0.1", "--port", `${this.port}`, "--save", ""];
    this.#process = new Deno.Command("redis-server", {
      args: [...common, "--dir", this.#directory.path, "--daemonize", "no", ...this.#options],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await waitFor(
      () => talk(this.port, "PING").then((answer) => answer !== "", () => false),
      { what: "redis-server to listen" },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#directory[Symbol.asyncDispose]();
  }
}

/** The answer to one command, as it comes. */
async function talk(port: number, command: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`${command}\r\nQUIT\r\n`));
  const chunks: Uint8Array[] = [];
  for await (const chunk of connection.readable) chunks.push(chunk);
  return new TextDecoder().decode(new Uint8Array(chunks.flatMap((chunk) => [...chunk])))
    .replace(/\+OK\r\n$/, "");
}
