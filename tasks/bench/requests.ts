/**
 * Counts what `status` asks of the server: requests, round trips one after another, stored
 * sessions.
 */
import type { RequestRecord, Simulator } from "../../src/simulator/simulator.ts";
import type { Row, Section } from "./bench_table.ts";
import { run } from "./programs.ts";
import type { Workshop } from "./workshop.ts";

const STATUS = ["status", "--format", "json"];
const CRON_CALLS = 20;
/**
 * By how much every answer is delayed while round trips are counted: far more than everything else
 * takes.
 */
const DELAY_MS = 400;

/** Counts on a quiet server with one ComfyUI backend and no records. */
export async function countRequests(workshop: Workshop, server: Simulator): Promise<Section> {
  const program = workshop.tool(STATUS, { url: server.url, state: "requests" });

  async function requestsOfOne(): Promise<readonly RequestRecord[]> {
    server.clearRequests();
    await run(program);
    return [...server.requests];
  }

  const first = await requestsOfOne();
  const later = await requestsOfOne();
  server.fault({ kind: "slow", delayMs: DELAY_MS, route: "*", times: Infinity });
  const slow = await requestsOfOne();
  server.clearFaults();
  return {
    heading: "requests of a status: quiet server, one ComfyUI backend, no records",
    rows: [
      { what: "requests of the first status", measured: `${first.length}`, goal: "≤ 7" },
      { what: "requests of a later one", measured: `${later.length}`, goal: "≤ 6" },
      { what: "round trips one after another", measured: `${roundTrips(slow)}`, goal: "2" },
      await sessionsRow(workshop, server),
    ],
  };
}

/**
 * With delayed answers, requests that do not wait for each other are sent at nearly the same time.
 */
function roundTrips(requests: readonly RequestRecord[]): number {
  const times = requests.map(({ atMs }) => atMs).toSorted((a, b) => a - b);
  return times.filter((atMs, index) => atMs - (times[index - 1] ?? -Infinity) > DELAY_MS / 2)
    .length;
}

async function sessionsRow(workshop: Workshop, server: Simulator): Promise<Row> {
  const program = workshop.tool([...STATUS, "--quiet"], { url: server.url, state: "cron" });
  server.clearRequests();
  for (let call = 0; call < CRON_CALLS; call++) await run(program);
  const made = server.requests.filter(({ route }) => route === "GetNewSession").length;
  return { what: `sessions that ${CRON_CALLS} calls leave`, measured: `${made}`, goal: "1" };
}
