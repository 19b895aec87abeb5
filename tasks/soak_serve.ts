/**
 * Lets many watch the events of `serve` while work comes and goes, and sends it strange requests; says
 * how long it takes until they know of a start and of an end, by ComfyUI's reports, by SwarmUI's
 * webhooks and without either, and what is amiss: an event that did not reach all, an answer that is
 * not by design, memory that grows. Exits 1 if anything is.
 *
 * Not among the tests: `soak:serve [SECONDS [WATCHERS [REQUESTS]]]`, 60, 1,000 and 20,000 if nothing is
 * said. Needs `--allow-read --allow-write --allow-run --allow-env`, and `--allow-net=127.0.0.1`.
 */
import { rightsOfRole, startSimulator } from "../src/simulator/simulator.ts";
import type { Simulator } from "../src/simulator/simulator.ts";
import { sendStrange, strangeRequests } from "../tests/serve/fuzz_requests.ts";
import { denoArguments, ownEnvironment } from "./shipped.ts";
import { delays, Watcher } from "./soak_serve/watcher.ts";
import type { Work } from "./soak_serve/watcher.ts";

const SECONDS = 60;
const WATCHERS = 1_000;
const REQUESTS = 20_000;
const SEED = 15;
/**
 * How many steps of 50 ms each piece of work has, and how long it is quiet then, in milliseconds:
 * longer than the interval where serve only asks.
 */
const WORK: Readonly<Record<Way, { readonly steps: number; readonly quietMs: number }>> = {
  reports: { steps: 20, quietMs: 1_000 },
  webhooks: { steps: 20, quietMs: 1_000 },
  neither: { steps: 60, quietMs: 3_000 },
};
/** How much more memory than at first is no leak, in MB. */
const GROWTH_MB = 60;

/** How `serve` gets to know of work, besides asking at its interval. */
type Way = "reports" | "webhooks" | "neither";
const WAYS: readonly Way[] = ["reports", "webhooks", "neither"];
/** All rights but the one to see ComfyUI's queues. */
const NO_QUEUES = rightsOfRole("admin").filter((right) => right !== "comfy_direct_calls");

/** `serve` as a process of its own. */
interface Serving {
  readonly url: string;
  readonly pid: number;
  end(): Promise<number>;
}

async function startServe(server: Simulator, directory: string): Promise<Serving> {
  const words = ["serve", "--port", "0", "--quiet"];
  const process = new Deno.Command(Deno.execPath(), {
    args: [...denoArguments(words)],
    cwd: directory,
    env: ownEnvironment(`${directory}/state`, server.url),
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  return {
    url: (value ?? "").trim(),
    pid: process.pid,
    end: async () => {
      process.kill("SIGTERM");
      return (await process.status).code;
    },
  };
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

async function memoryMb(pid: number): Promise<number> {
  const args = ["-o", "rss=", "-p", String(pid)];
  const { stdout } = await new Deno.Command("ps", { args }).output();
  return Number(new TextDecoder().decode(stdout)) / 1024;
}

/** An image of another client. */
async function work(server: Simulator, { serving, way }: {
  readonly serving: Serving;
  readonly way: Way;
}): Promise<Work> {
  async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return text.startsWith("{") ? JSON.parse(text) : {};
  }

  const { session_id } = await post(`${server.url}/API/GetNewSession`, {});
  const request = { session_id, images: 1, prompt: "a cat", model: "tiny", steps: WORK[way].steps };
  const busy = performance.now();
  const made = post(`${server.url}/API/GenerateText2Image`, request);
  if (way === "webhooks") await post(`${serving.url}/hooks/queue-start`, {});
  const { error } = await made;
  if (error !== undefined) throw new Error(`The simulator made nothing: ${error}`);
  const idle = performance.now();
  if (way === "webhooks") await post(`${serving.url}/hooks/queue-end`, {});
  await sleep(WORK[way].quietMs);
  return { busy, idle };
}

/** @returns What is amiss. */
async function watchMany(
  { server, serving, way, seconds, count }: {
    readonly server: Simulator;
    readonly serving: Serving;
    readonly way: Way;
    readonly seconds: number;
    readonly count: number;
  },
): Promise<readonly string[]> {
  const url = new URL(serving.url);
  const watchers = Array.from({ length: count }, () => new Watcher());
  const watching = watchers.map((watcher) => watcher.watch(url));
  while (watchers.some(({ told }) => told.length === 0)) await sleep(50);
  const asked = server.requests.length;
  const before = await memoryMb(serving.pid);
  const startedMs = performance.now();
  const done: Work[] = [];
  while (performance.now() - startedMs < seconds * 1_000) {
    done.push(await work(server, { serving, way }));
  }
  const tookSeconds = (performance.now() - startedMs) / 1_000;
  const after = await memoryMb(serving.pid);
  const perSecond = (server.requests.length - asked) / tookSeconds;
  for (const watcher of watchers) watcher.end();
  await Promise.all(watching);
  console.log(
    `${count} watchers, ${way}: ${done.length} pieces of work; ` +
      `known after ${delays(watchers, { done, verdict: "busy" })}, its end after ` +
      `${delays(watchers, { done, verdict: "idle" })}; ` +
      `${perSecond.toFixed(1)} requests to the server a second; memory ${before.toFixed(0)} MB, ` +
      `then ${after.toFixed(0)} MB`,
  );
  const expected = JSON.stringify(watchers[0]?.told.map(({ verdict }) => verdict));
  const short = watchers.filter(({ told }) =>
    JSON.stringify(told.map(({ verdict }) => verdict)) !== expected
  );
  return [
    ...(short.length > 0 ? [`${short.length} watchers were not told what the first one was`] : []),
    ...(watchers[0]?.timesOf("busy").length !== done.length
      ? [`not every start was told (${way})`]
      : []),
    ...(after - before > GROWTH_MB ? [`memory grew by ${(after - before).toFixed(0)} MB`] : []),
  ];
}

/** @returns What is amiss. */
async function sendMany(serving: Serving, count: number): Promise<readonly string[]> {
  const port = Number(new URL(serving.url).port);
  const statuses = new Map<number | null, number>();
  for (const request of strangeRequests(count, SEED)) {
    const status = await sendStrange(port, request);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  console.log(`${count} strange requests: ${JSON.stringify(Object.fromEntries(statuses))}`);
  await sleep(1_000);
  const { status } = await fetch(`${serving.url}/healthz`);
  return [
    ...((statuses.get(500) ?? 0) > 0
      ? [`${statuses.get(500)} requests were answered with 500`]
      : []),
    ...(status === 200 ? [] : [`/healthz says ${status}`]),
  ];
}

if (import.meta.main) {
  const [seconds = SECONDS, count = WATCHERS, requests = REQUESTS] = Deno.args.map(Number);
  const directory = await Deno.makeTempDir({ prefix: "asset-generator-" });
  const model = "tiny.safetensors";
  const server = await startSimulator({
    models: [{ name: model }],
    backends: [{ model }],
    secondsPerStep: 0.05,
  });
  const faults: string[] = [];
  for (const way of WAYS) {
    if (way !== "reports") server.setPermissions(NO_QUEUES);
    const serving = await startServe(server, directory);
    const alone = { server, serving, way, seconds: Math.min(seconds, 10), count: 1 };
    if (way === "reports") faults.push(...await watchMany(alone));
    faults.push(...await watchMany({ server, serving, way, seconds, count }));
    if (way === "neither") faults.push(...await sendMany(serving, requests));
    const code = await serving.end();
    if (code !== 0) faults.push(`serve ended with ${code}`);
  }
  await server.close();
  await Deno.remove(directory, { recursive: true });
  for (const fault of faults) console.log(`Amiss: ${fault}`);
  Deno.exit(faults.length === 0 ? 0 : 1);
}
