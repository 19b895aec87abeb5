/**
 * The report as metrics in Prometheus's text format, with its usual names and units: seconds,
 * bytes, ratios, counters that end in `_total`. What is not known has no sample. Pure.
 */
import type { DetectionReport } from "../detection/report.ts";
import type { Verdict } from "../detection/verdict.ts";
import { escapeForTerminal } from "./escape.ts";

const PREFIX = "asset_generator";
const VERDICTS: readonly Verdict[] = ["idle", "busy", "unknown", "unreachable"];
/** The longest value of a label, in characters; the server chooses the names of statuses. */
const LONGEST_LABEL = 64;

/** How generations ended, as far as known; `unknown`: over, but the outcome is not known. */
export type MetricOutcome = "finished" | "failed" | "cancelled" | "unknown";

/** What is measured. */
export interface Measurements {
  /** This tool's version. */
  readonly version: string;
  /** The newest report; `null` before the first one. */
  readonly report: DetectionReport | null;
  /** When the server last answered, epoch milliseconds; `null`: never. */
  readonly answeredAtMs: number | null;
  readonly looks: number;
  readonly started: number;
  readonly ended: Readonly<Record<MetricOutcome, number>>;
  readonly watchers: number;
  readonly watchersDropped: number;
}

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number | null;
}

/** The metrics as text. */
export function metricsText(measured: Measurements): string {
  const { report, answeredAtMs } = measured;
  return [
    metric("gauge", "build_info", "The version of asset-generator, as a label.", [
      { labels: { version: measured.version }, value: 1 },
    ]),
    ...(report === null ? [] : reportMetrics(report)),
    metric(
      "gauge",
      "last_answer_timestamp_seconds",
      "When SwarmUI last answered, in seconds since 1970.",
      [{ value: answeredAtMs === null ? null : answeredAtMs / 1000 }],
    ),
    counter("looks_total", "Looks at the server.", measured.looks),
    counter(
      "generations_started_total",
      "Generations of this tool that were seen to start.",
      measured.started,
    ),
    metric(
      "counter",
      "generations_ended_total",
      "Generations of this tool that were seen to end, by how; unknown: nobody told.",
      Object.entries(measured.ended).map(([outcome, value]) => ({ labels: { outcome }, value })),
    ),
    gauge("event_watchers", "Who watches the events of serve.", measured.watchers),
    counter(
      "event_watchers_dropped_total",
      "Watchers that were dropped because they read too slowly.",
      measured.watchersDropped,
    ),
  ].join("");
}

function reportMetrics(report: DetectionReport): readonly string[] {
  const { images, comfyJobs, backends, resources, responseTimeMs } = report;
  const statuses = new Map<string, number>();
  for (const { status } of backends ?? []) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  return [
    metric(
      "gauge",
      "verdict",
      "Whether a generation is in progress: 1 for the verdict that holds, 0 for the others.",
      VERDICTS.map((verdict) => ({
        labels: { verdict },
        value: verdict === report.verdict ? 1 : 0,
      })),
    ),
    gauge(
      "server_up",
      "Whether SwarmUI answered the newest look.",
      report.reach === "online" ? 1 : 0,
    ),
    gauge(
      "server_response_seconds",
      "How long SwarmUI's quickest answer took.",
      responseTimeMs === null ? null : responseTimeMs / 1000,
    ),
    gauge(
      "generations_running",
      "Generations in progress, of this tool and of others; at least so many.",
      report.generationsRunning,
    ),
    gauge("generations_tracked", "Generations of this tool in progress.", report.active.length),
    gauge(
      "images_outstanding",
      "Images that the server has to make for anybody, those being made included.",
      images.outstanding,
    ),
    gauge("images_running", "Images that are being made.", images.running),
    gauge("images_queued", "Images that wait.", images.queued),
    gauge("models_loading", "Models that are being loaded for images.", images.loadingModels),
    gauge("comfyui_jobs", "Jobs in the queues of the ComfyUI backends.", comfyJobs.remaining),
    metric(
      "gauge",
      "backends",
      "Backends of the server, by status.",
      [...statuses].map(([status, value]) => ({ labels: { status }, value })),
    ),
    metric(
      "gauge",
      "gpu_utilization_ratio",
      "How busy each GPU is, from 0 to 1.",
      (resources?.gpus ?? []).map((gpu) => ({
        labels: { gpu: String(gpu.id), name: gpu.name ?? "" },
        value: gpu.utilization,
      })),
    ),
    metric(
      "gauge",
      "gpu_memory_used_bytes",
      "Memory of each GPU that is in use.",
      (resources?.gpus ?? []).map((gpu) => ({
        labels: { gpu: String(gpu.id), name: gpu.name ?? "" },
        value: gpu.vramUsedBytes,
      })),
    ),
  ];
}

function gauge(name: string, help: string, value: number | null): string {
  return metric("gauge", name, help, [{ value }]);
}

function counter(name: string, help: string, value: number): string {
  return metric("counter", name, help, [{ value }]);
}

/** The lines of one metric; empty if there is no sample. */
function metric(
  type: "gauge" | "counter",
  name: string,
  help: string,
  samples: readonly Sample[],
): string {
  const lines = samples.filter(({ value }) => value !== null).map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${labelText(text)}"`);
    return `${PREFIX}_${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
  });
  if (lines.length === 0) return "";
  return `# HELP ${PREFIX}_${name} ${help}\n# TYPE ${PREFIX}_${name} ${type}\n${lines.join("")}`;
}

function labelText(text: string): string {
  const cut = [...text].slice(0, LONGEST_LABEL).join("");
  return escapeForTerminal(cut).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}
