/** A bench for commands that look at several servers: `WatchBench` with more of them. */
import type { ConfigMap, FoundConfig } from "../../src/cli/config/config_file.ts";
import type { Adapters } from "../../src/cli/context.ts";
import type { MemoryTerminal } from "./memory_terminal.ts";
import { LiveServer, WatchBench } from "./watch_bench.ts";

/** A bench whose servers are those of a configuration file, by their names. */
export class FleetBench extends WatchBench {
  readonly servers: ReadonlyMap<string, LiveServer>;

  constructor(
    names: readonly string[],
    options: {
      readonly terminal?: MemoryTerminal;
      /** Of servers whose address is another's. */
      readonly addresses?: Readonly<Record<string, string>>;
      /** Adapters that replace those of the bench. */
      readonly adapters?: Partial<Adapters>;
      /** The content of every file that is named as a secret. */
      readonly secretFile?: string;
    } = {},
  ) {
    const servers = new Map<string, LiveServer>();
    super({
      ...options,
      config: configOf(names, options.addresses ?? {}),
      adapters: {
        swarmServer: ({ apiUrl }) => {
          const found = [...servers.values()].find(({ url }) => url === apiUrl.value);
          if (found === undefined) throw new Error(`There is no ${apiUrl.value}`);
          return Promise.resolve(found);
        },
        ...options.adapters,
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

function configOf(
  names: readonly string[],
  addresses: Readonly<Record<string, string>>,
): FoundConfig {
  const entries = names.map((name): [string, ConfigMap] => [
    name,
    new Map([["api-url", addresses[name] ?? urlOf(name)]]),
  ]);
  return {
    path: "/config.yaml",
    kind: "own",
    values: new Map([["servers", new Map(entries)]]),
    resolve: (path) => path,
  };
}
