/** The sections of `status` about the server and its backends. Pure. */
import type { DetectionReport, ReportedBackend } from "../../detection/report.ts";
import { isDead } from "../../detection/standing.ts";
import { escapeForTerminal } from "../escape.ts";
import {
  field,
  formatBytes,
  formatCount,
  formatMilliseconds,
  formatPercent,
  section,
} from "../text.ts";

/** With more backends than this, only those that are working or in trouble are listed. */
const BACKENDS_MAX = 8;

/** What is known about the server itself. */
export function serverSection(report: DetectionReport): string {
  const { models, resources, responseTimeMs } = report;
  return section("Server", [
    ...field(2, "URL", report.serverUrl),
    ...field(2, "Status", report.reach === "not_asked" ? "not asked" : report.reach),
    ...field(2, "Version", report.identity?.version),
    ...field(
      2,
      "Response Time",
      responseTimeMs === null ? null : formatMilliseconds(responseTimeMs),
    ),
    ...field(2, "Models", modelsText(models)),
    ...field(
      2,
      "Memory",
      resources?.ramUsedBytes ? `${formatBytes(resources.ramUsedBytes)} used` : null,
    ),
    ...(resources?.gpus ?? []).flatMap((gpu) => field(2, `GPU ${gpu.id}`, gpuText(gpu))),
  ]);
}

function gpuText(gpu: {
  readonly name: string;
  readonly utilization: number | null;
  readonly vramUsedBytes: number | null;
}): string {
  const load = gpu.utilization === null ? null : `${formatPercent(gpu.utilization)} busy`;
  const memory = gpu.vramUsedBytes === null ? null : `${formatBytes(gpu.vramUsedBytes)} used`;
  return [gpu.name, load, memory].filter((part) => part !== null).join(", ");
}

/** The backends; `null`: there are none. */
export function backendsSection(backends: readonly ReportedBackend[]): string | null {
  if (backends.length === 0) return null;
  const listed = backends.length <= BACKENDS_MAX ? backends : backends.filter(isNoteworthy);
  const rest = backends.filter((backend) => !listed.includes(backend));
  return section("Backends", [
    ...listed.flatMap((backend) => [
      `  • ${escapeForTerminal(backend.title || `backend-${backend.id}`)}`,
      ...field(4, "Type", backend.type),
      ...field(4, "Status", backend.status),
      ...field(4, "Model Loaded", backend.modelLoaded),
      ...field(4, "GPU", backend.gpu),
      ...field(
        4,
        "ComfyUI Queue",
        backend.queueRemaining === null ? null : formatCount(backend.queueRemaining, "job"),
      ),
    ]),
    ...(rest.length === 0 ? [] : [restLine(rest, { isAll: listed.length === 0 })]),
  ]);
}

/** Says whether it is working, or something is wrong with it. */
function isNoteworthy({ status, queueRemaining, standing }: ReportedBackend): boolean {
  if ((queueRemaining ?? 0) > 0 || standing?.kind === "at_work") return true;
  if (standing?.kind === "doubtful" || status === "errored") return true;
  return standing !== null && isDead(standing);
}

/** How many more there are, by status. */
function restLine(
  rest: readonly ReportedBackend[],
  { isAll }: { readonly isAll: boolean },
): string {
  const counts = new Map<string, number>();
  for (const { status } of rest) counts.set(status, (counts.get(status) ?? 0) + 1);
  const what = isAll ? "in all" : "more";
  const [only, ...others] = [...counts];
  // One status needs no sum.
  const text = only !== undefined && others.length === 0
    ? `${only[1]} ${what}, ${only[1] === 1 ? "" : "all "}${only[0]}`
    : `${rest.length} ${what}: ${
      [...counts].map(([status, count]) => `${count} ${status}`).join(", ")
    }`;
  return escapeForTerminal(`  ${isAll ? "" : "and "}${text}`);
}

function modelsText(models: DetectionReport["models"]): string | null {
  if (models === null) return null;
  const { count, loaded, isAtLeast = false } = models;
  return isAtLeast
    ? `at least ${count} (at least ${loaded} loaded)`
    : `${count} (${loaded} loaded)`;
}
