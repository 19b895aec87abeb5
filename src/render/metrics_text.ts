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

/** What is measured of one server. */
export interface ServerMeasurements {
  /** Its name, which all its samples have as a label; `null`: there is one server. */
  readonly server: string | null;
  /** The newest report; `null` before the first one. */
  readonly report: DetectionReport | null;
  /** When the server last answered, epoch milliseconds; `null`: never. */
  readonly answeredAtMs: number | null;
  readonly looks: number;
  readonly started: number;
  readonly ended: Readonly<Record<MetricOutcome, number>>;
}

/** What is measured. */
export interface Measurements {
  /** This tool's version. */
  readonly version: string;
  readonly servers: readonly ServerMeasurements[];
  readonly watchers: number;
  readonly watchersDropped: number;
}

interface Sample {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly value: number | null;
}

/** The metrics as text. */
export function metricsText(measured: Measurements): string {
  const build = { labels: { version: measured.version }, value: 1 };
  return [
    metric(["gauge", "build_info", "The version of asset-generator, as a label."], [build]),
    ...METRICS.map(({ about, samples }) =>
      metric(about, measured.servers.flatMap((one) => labelled(one, samples(one))))
    ),
    metric(["gauge", "event_watchers", "Who watches the events of serve."], [
      { value: measured.watchers },
    ]),
    metric(
      [
        "counter",
        "event_watchers_dropped_total",
        "Watchers that were dropped because they read too slowly.",
      ],
      [{ value: measured.watchersDropped }],
    ),
  ].join("");
}

/** A metric's type, its name and what it says. */
type About = readonly [type: "gauge" | "counter", name: string, help: string];

interface Metric {
  readonly about: About;
  readonly samples: (measured: ServerMeasurements) => readonly Sample[];
}

/** The metrics of each server, in their order. All samples of a metric must stand together. */
const METRICS: readonly Metric[] = [
  ofReport(
    "verdict",
    "Whether a generation is in progress: 1 for the verdict that holds, 0 for the others.",
    (report) =>
      VERDICTS.map((verdict) => ({
        labels: { verdict },
        value: verdict === report.verdict ? 1 : 0,
      })),
  ),
  ofReport("server_up", "Whether SwarmUI answered the newest look.", ({ reach }) => [
    { value: reach === "online" ? 1 : 0 },
  ]),
  ofReport(
    "server_response_seconds",
    "How long SwarmUI's quickest answer took.",
    ({ responseTimeMs }) => [{ value: responseTimeMs === null ? null : responseTimeMs / 1000 }],
  ),
  ofReport(
    "generations_running",
    "Generations in progress, of this tool and of others; at least so many.",
    ({ generationsRunning }) => [{ value: generationsRunning }],
  ),
  ofReport("generations_tracked", "Generations of this tool in progress.", ({ active }) => [
    { value: active.length },
  ]),
  ofReport(
    "images_outstanding",
    "Images that the server has to make for anybody, those being made included.",
    ({ images }) => [{ value: images.outstanding }],
  ),
  ofReport("images_running", "Images that are being made.", ({ images }) => [
    { value: images.running },
  ]),
  ofReport("images_queued", "Images that wait.", ({ images }) => [{ value: images.queued }]),
  ofReport("models_loading", "Models that are being loaded for images.", ({ images }) => [
    { value: images.loadingModels },
  ]),
  ofReport("comfyui_jobs", "Jobs in the queues of the ComfyUI backends.", ({ comfyJobs }) => [
    { value: comfyJobs.remaining },
  ]),
  ofReport("backends", "Backends of the server, by status.", ({ backends }) => {
    const statuses = new Map<string, number>();
    for (const { status } of backends ?? []) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    return [...statuses].map(([status, value]) => ({ labels: { status }, value }));
  }),
  ofReport(
    "gpu_utilization_ratio",
    "How busy each GPU is, from 0 to 1.",
    ({ resources }) =>
      (resources?.gpus ?? []).map((gpu) => ({ labels: gpuLabels(gpu), value: gpu.utilization })),
  ),
  ofReport(
    "gpu_memory_used_bytes",
    "Memory of each GPU that is in use.",
    ({ resources }) =>
      (resources?.gpus ?? []).map((gpu) => ({ labels: gpuLabels(gpu), value: gpu.vramUsedBytes })),
  ),
  {
    about: [
      "gauge",
      "last_answer_timestamp_seconds",
      "When SwarmUI last answered, in seconds since 1970.",
    ],
    samples: ({ answeredAtMs }) => [{ value: answeredAtMs === null ? null : answeredAtMs / 1000 }],
  },
  {
    about: ["counter", "looks_total", "Looks at the server."],
    samples: ({ looks }) => [{ value: looks }],
  },
  {
    about: [
      "counter",
      "generations_started_total",
      "Generations of this tool that were seen to start.",
    ],
    samples: ({ started }) => [{ value: started }],
  },
  {
    about: [
      "counter",
      "generations_ended_total",
      "Generations of this tool that were seen to end, by how; unknown: nobody told.",
    ],
    samples: ({ ended }) =>
      Object.entries(ended).map(([outcome, value]) => ({ labels: { outcome }, value })),
  },
];

/** A metric that a report says; before the first report there are no samples. */
function ofReport(
  name: string,
  help: string,
  samples: (report: DetectionReport) => readonly Sample[],
): Metric {
  return {
    about: ["gauge", name, help],
    samples: ({ report }) => report === null ? [] : samples(report),
  };
}

function gpuLabels(gpu: { readonly id: number; readonly name: string }): Sample["labels"] {
  return { gpu: String(gpu.id), name: gpu.name };
}

function labelled(
  { server }: ServerMeasurements,
  samples: readonly Sample[],
): readonly Sample[] {
  if (server === null) return samples;
  return samples.map(({ labels, value }) => ({ labels: { server, ...labels }, value }));
}

/** The lines of one metric; empty if there is no sample. */
function metric([type, name, help]: About, samples: readonly Sample[]): string {
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
