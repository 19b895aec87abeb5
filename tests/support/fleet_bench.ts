/** A bench for commands that look at several servers: `WatchBench` with more of them. */
import type { FoundConfig } from "../../src/cli/config/config_file.ts";
import type { MemoryTerminal } from "./memory_terminal.ts";
import { LiveServer, WatchBench } from "./watch_bench.ts";

/** A bench whose servers are those of a configuration file, by their names. */
export class FleetBench extends WatchBench {
  readonly servers: ReadonlyMap<string, LiveServer>;

  constructor(
    names: readonly string[],
    options: { readonly terminal?: MemoryTerminal } = {},
  ) {
    const servers = new Map<string, LiveServer>();
    super({
      ...options,
      config: configOf(names),
      adapters: {
        swarmServer: ({ apiUrl }) => {
          const found = [...servers.values()].find(({ url }) => url === apiUrl.value);
          if (found === undefined) throw new Error(`There is no ${apiUrl.value}`);
          return Promise.resolve(found);
        },
      },
    });
    for (const name of names) servers.set(name, new LiveServer(this.clock, urlOf(name)));
    this.servers = servers;
  }

  /** A server by its name. */
  at(name: string): LiveServer {
    const found = this.servers.get(name);
    if (found === undefined) throw new Error(`There is no ${name}`);
    return found;
  }

  /** Of all servers. */
  override get looks(): number {
    return [...this.servers.values()].reduce((sum, { looks }) => sum + looks, 0);
  }
}

/** The address of a server. */
export function urlOf(name: string): string {
  return `http://${name}.test:7801`;
}

function configOf(names: readonly string[]): FoundConfig {
  return {
    path: "/config.yaml",
    kind: "own",
    values: new Map([
      ["servers", new Map(names.map((name) => [name, new Map([["api-url", urlOf(name)]])]))],
    ]),
    resolve: (path) => path,
  };
}
