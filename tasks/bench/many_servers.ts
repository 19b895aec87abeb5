/** What `status --all` costs for many servers, of which some hang, refuse, or are no SwarmUI. */
import type { Simulator } from "../../src/simulator/simulator.ts";
import { startSimulator } from "../../src/simulator/simulator.ts";
import type { Row, Section } from "./bench_table.ts";
import { skipped } from "./bench_table.ts";
import { costInTurn, GNU_TIME, peakKiB, run } from "./programs.ts";
import type { Program } from "./programs.ts";
import type { Workshop } from "./workshop.ts";

/** How many servers of each kind there are, by the verdict that is true of them. */
const FLEET = { idle: 32, hanging: 7, stalling: 3, refusing: 5, other: 3 };
const TRUE_VERDICTS: Readonly<Record<keyof typeof FLEET, string>> = {
  idle: "idle",
  hanging: "unreachable",
  // It answers the first questions, and hangs then.
  stalling: "unknown",
  refusing: "unknown",
  other: "unreachable",
};
const TIMEOUT_MS = 3_000;
const ROUNDS = 3;

/** Measures the one file. */
export async function measureManyServers(workshop: Workshop): Promise<Section> {
  await using fleet = await startFleet();
  const program = await programFor(workshop, fleet.servers, "fleet");
  const { servers } = JSON.parse((await run(program)).stdout) as {
    readonly servers: readonly { readonly name: string; readonly verdict: string }[];
  };
  const wrong = servers.filter(({ name, verdict }) => verdict !== trueVerdict(name));
  const few = fleet.servers.filter(({ kind }) => kind === "idle");
  for (const { simulator } of few) simulator?.clearRequests();
  const [cost] = await costInTurn([program], ROUNDS);
  const requests = few.map(({ simulator }) =>
    // One more round warms caches up.
    (simulator?.requests.length ?? 0) / (ROUNDS + 1)
  );
  const [one, all] = [
    await programFor(workshop, few.slice(0, 1), "one"),
    await programFor(workshop, few, "idle"),
  ];
  return {
    heading:
      `status --all of ${fleet.servers.length} servers: ${FLEET.hanging + FLEET.stalling} hang, ` +
      `${FLEET.refusing} refuse the login, ${FLEET.other} are not SwarmUI; ` +
      `--request-timeout ${TIMEOUT_MS / 1000}s, median of ${ROUNDS} rounds`,
    rows: [
      {
        what: "time beyond one time-out",
        measured: `${(((cost?.wallMs ?? NaN) - TIMEOUT_MS) / 1000).toFixed(2)} s`,
        goal: "≤ 1 s",
      },
      { what: "rows that are not true", measured: `${wrong.length}`, goal: "0" },
      {
        what: "requests to each idle server, least and most",
        measured: `${Math.min(...requests)} and ${Math.max(...requests)}`,
        goal: "as one status: ≤ 6",
      },
      await memoryRow(one, all),
    ],
  };
}

interface BenchServer {
  readonly name: string;
  readonly kind: keyof typeof FLEET;
  readonly url: string;
  readonly simulator: Simulator | null;
}

function trueVerdict(name: string): string {
  return TRUE_VERDICTS[name.replace(/\d+$/, "") as keyof typeof FLEET];
}

async function startFleet(): Promise<
  AsyncDisposable & { readonly servers: readonly BenchServer[] }
> {
  const page = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response("<html>It works</html>", { headers: { "content-type": "text/html" } }),
  );
  const kinds = Object.entries(FLEET) as readonly (readonly [keyof typeof FLEET, number])[];
  const servers = await Promise.all(
    kinds.flatMap(([kind, count]) =>
      Array.from({ length: count }, async (_, index): Promise<BenchServer> => {
        const name = `${kind}${index}`;
        if (kind === "other") {
          return { name, kind, url: `http://127.0.0.1:${page.addr.port}`, simulator: null };
        }
        const simulator = await startSimulator(
          kind === "refusing" ? { requiredAuthorization: "Bearer a" } : {},
        );
        if (kind === "hanging" || kind === "stalling") {
          const route = kind === "hanging" ? "*" : "ComfyBackendDirect";
          simulator.fault({ kind: "hang", route, times: Infinity });
        }
        return { name, kind, url: simulator.url, simulator };
      })
    ),
  );
  return {
    servers,
    async [Symbol.asyncDispose](): Promise<void> {
      await page.shutdown();
      await Promise.all(servers.map(({ simulator }) => simulator?.[Symbol.asyncDispose]()));
    },
  };
}

async function programFor(
  workshop: Workshop,
  servers: readonly BenchServer[],
  state: string,
): Promise<Program> {
  const config = `${workshop.directory}/${state}.yaml`;
  const entries = servers.map(({ name, url }) => `  ${name}: { api-url: "${url}" }\n`);
  await Deno.writeTextFile(config, `servers:\n${entries.join("")}`);
  const words = ["status", "--all", "--format", "json"];
  return workshop.tool([...words, "--request-timeout", `${TIMEOUT_MS}ms`], {
    url: "",
    state,
    file: workshop.bundle,
    config,
  });
}

async function memoryRow(one: Program, all: Program): Promise<Row> {
  const what = `peak memory of ${FLEET.idle} servers against one`;
  const [few, many] = [await peakKiB(one), await peakKiB(all)];
  if (few === null || many === null) return skipped(what, `there is no ${GNU_TIME}`);
  const each = (many - few) / (FLEET.idle - 1) / 1024;
  return {
    what,
    measured: `${(many / few).toFixed(2)} × (${Math.round(many / 1024)} MiB), ` +
      `${each.toFixed(1)} MiB for each`,
    goal: "≤ 2 ×",
  };
}
