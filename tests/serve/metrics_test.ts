/** `/metrics`, as Prometheus itself judges it, and the configuration that the page gives for it. */
import { assert, assertEquals } from "@std/assert";
import { blocksOf, readPages } from "../support/doc_pages.ts";
import { answered, work } from "../support/sample_answers.ts";
import { sampleReport } from "../support/sample_report.ts";
import { ServeBench } from "../support/serve_bench.ts";
import { hasCommand } from "../support/shell.ts";
import { tempDir } from "../support/temp_dir.ts";
import type { Measurements, ServerMeasurements } from "../../src/render/metrics_text.ts";
import { metricsText } from "../../src/render/metrics_text.ts";

const PROMTOOL = { ignore: !hasCommand("promtool") };

/** The samples of a text, by name and labels. */
function samplesOf(text: string): Readonly<Record<string, number>> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at).replace("asset_generator_", ""), Number(line.slice(at + 1))];
  }));
}

async function promtool(
  args: readonly string[],
  { input = "", cwd }: { readonly input?: string; readonly cwd?: string } = {},
): Promise<void> {
  const process = new Deno.Command("promtool", {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await process.output();
  const told = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(code, 0, told);
}

Deno.test("serve reports metrics, and counts starts and ends", async () => {
  await using serving = await ServeBench.open();
  const { bench } = serving;
  await bench.publish({ id: "gen-a", progress: 0.5, imagesDone: 1 });
  bench.server.counters = answered(work(3));
  bench.server.own.set("gen-a", work(2));
  await bench.tick();
  const busy = await serving.ask("/metrics");
  assertEquals(busy.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const during = samplesOf(busy.text);
  assertEquals(
    Object.fromEntries(
      Object.entries(during).filter(([name]) =>
        /^(verdict|gen|images|backends|server_up)/.test(name)
      ),
    ),
    {
      'verdict{verdict="idle"}': 0,
      'verdict{verdict="busy"}': 1,
      'verdict{verdict="unknown"}': 0,
      'verdict{verdict="unreachable"}': 0,
      server_up: 1,
      generations_running: 2,
      generations_tracked: 1,
      images_outstanding: 3,
      images_running: 1,
      images_queued: 2,
      'backends{status="running"}': 1,
      generations_started_total: 1,
      'generations_ended_total{outcome="finished"}': 0,
      'generations_ended_total{outcome="failed"}': 0,
      'generations_ended_total{outcome="cancelled"}': 0,
      'generations_ended_total{outcome="unknown"}': 0,
    },
  );
  await bench.end("gen-a", "failed");
  bench.server.turnOff();
  await bench.tick();
  const after = samplesOf((await serving.ask("/metrics")).text);
  assertEquals(
    [
      after['verdict{verdict="unreachable"}'],
      after["server_up"],
      after["generations_running"],
      after['generations_ended_total{outcome="failed"}'],
      after["last_answer_timestamp_seconds"],
    ],
    [1, 0, undefined, 1, during["last_answer_timestamp_seconds"]],
  );
});

Deno.test("metricsText() makes labels of foreign text that Prometheus can read", () => {
  const backend = {
    id: 0,
    type: "comfyui_api",
    title: "",
    status: 'a"b\\c\nd\u202e' + "x".repeat(200),
    enabled: true,
    modelLoaded: null,
    gpu: null,
    secondsSinceUsed: null,
    queueRemaining: null,
    standing: null,
  };
  const text = metricsText(measured({ report: sampleReport({ backends: [backend as never] }) }));
  const line = text.split("\n").find((one) => one.startsWith("asset_generator_backends{"));
  assertEquals(
    line,
    'asset_generator_backends{status="a\\"b\\\\c\\\\u{A}d\\\\u{202E}' + "x".repeat(56) + '"} 1',
  );
});

/** What is measured of servers if nothing else has happened. */
function measured(...servers: readonly Partial<ServerMeasurements>[]): Measurements {
  const nothing = {
    server: null,
    report: null,
    answeredAtMs: null,
    looks: 0,
    started: 0,
    ended: { finished: 0, failed: 0, cancelled: 0, unknown: 0 },
  };
  return {
    version: "1.2.3",
    servers: servers.map((one) => ({ ...nothing, ...one })),
    watchers: 0,
    watchersDropped: 0,
  };
}

Deno.test(
  "promtool accepts /metrics, before the first look and with everything known",
  PROMTOOL,
  async () => {
    await promtool(["check", "metrics"], { input: metricsText(measured({})) });
    const gpu = { id: 0, name: 'NVIDIA "X"', utilization: 0.98, vramUsedBytes: 12_000_000_000 };
    const report = sampleReport({ resources: { cpuUsage: 0.1, ramUsedBytes: 1, gpus: [gpu] } });
    const known = { report, answeredAtMs: 1_764_400_000_123 };
    const text = metricsText(measured(known));
    await promtool(["check", "metrics"], { input: text });
    const named = [{ ...known, server: "a" }, { ...known, server: 'b "c"' }, { server: "d" }];
    await promtool(["check", "metrics"], { input: metricsText(measured(...named)) });
    // The page describes each metric.
    const page = readPages().find(({ path }) => path === "docs/monitoring.md")?.text ?? "";
    for (const [, name = ""] of text.matchAll(/^# TYPE (\w+)/gm)) assert(page.includes(name), name);
  },
);

Deno.test("promtool accepts the configuration and the alerts of the page", PROMTOOL, async () => {
  const page = readPages().find(({ path }) => path === "docs/monitoring.md");
  assert(page !== undefined);
  const [config = "", remote = "", rules = ""] = blocksOf(page).map(({ text }) => text);
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("prometheus.yml"), config);
  await Deno.writeTextFile(dir.join("remote.yml"), remote);
  await Deno.writeTextFile(dir.join("asset-generator.rules.yml"), rules);
  await Deno.writeTextFile(dir.join("access-token"), "0123456789abcdef0123456789abcdef\n");
  await promtool(["check", "config", "prometheus.yml"], { cwd: dir.path });
  await promtool(["check", "config", "remote.yml"], { cwd: dir.path });
});

/** What Prometheus has of two servers from each scrape, every 15 s; the clock begins at 0. */
const NO_ANSWER: Readonly<
  Record<string, readonly [series: Readonly<Record<string, string>>, fires: string[]]>
> = {
  "both answer": [{
    'asset_generator_server_up{server="a"}': "1x20",
    'asset_generator_server_up{server="b"}': "1x20",
    'asset_generator_last_answer_timestamp_seconds{server="a"}': "0+15x20",
  }, []],
  "one has never answered": [{
    'asset_generator_server_up{server="a"}': "1x20",
    'asset_generator_server_up{server="b"}': "0x20",
    'asset_generator_last_answer_timestamp_seconds{server="a"}': "0+15x20",
  }, ["b"]],
  "one hangs, so that there is no newer look": [{
    'asset_generator_server_up{server="a"}': "1x20",
    'asset_generator_last_answer_timestamp_seconds{server="a"}': "0x20",
  }, ["a"]],
  "serve itself is gone": [{ "up": "0x20" }, [""]],
};

Deno.test("the alert of the page fires for whatever does not answer", PROMTOOL, async () => {
  const page = readPages().find(({ path }) => path === "docs/monitoring.md");
  assert(page !== undefined);
  const rules = blocksOf(page).find(({ text }) => text.startsWith("groups:"))?.text ?? "";
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("alert.rules.yml"), rules);
  // JSON is YAML too.
  const tests = {
    rule_files: ["alert.rules.yml"],
    evaluation_interval: "15s",
    tests: Object.entries(NO_ANSWER).map(([name, [series, fires]]) => ({
      name,
      interval: "15s",
      input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
      alert_rule_test: [{
        eval_time: "4m",
        alertname: "SwarmUINoAnswer",
        exp_alerts: fires.map((server) => ({
          exp_labels: server === "" ? {} : { server },
          exp_annotations: { summary: "SwarmUI has not answered for a minute" },
        })),
      }],
    })),
  };
  await Deno.writeTextFile(dir.join("tests.yml"), JSON.stringify(tests));
  await promtool(["test", "rules", "tests.yml"], { cwd: dir.path });
});
