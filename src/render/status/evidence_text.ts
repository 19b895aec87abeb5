/** What each source said, in words, for `--verbose`. */
import type { Evidence } from "../../detection/report.ts";
import type { Scope } from "../../generation/records/store.ts";
import { formatCount } from "../text.ts";
import { silenceText, sourceName } from "./verdict_text.ts";

/** One line about one source: `ComfyUI's queues: 2 jobs in 1 backend (4 ms)`. It may hold foreign text. */
export function evidenceText(evidence: Evidence): string {
  const { title, found } = describe(evidence);
  const said = evidence.answered ? found : `not known, ${whyNot(evidence)}`;
  return `${title}: ${said} (${evidence.elapsedMs.toFixed(0)} ms)`;
}

const WHOSE_RECORDS: Readonly<Record<Scope, string>> = {
  process: "This process",
  directory: "This directory's records",
  user: "This user's records",
  network: "All machines' records",
};

function describe(evidence: Evidence): { readonly title: string; readonly found: string } {
  const { detail } = evidence;
  function number(name: string): number {
    return Number(detail[name] ?? 0);
  }
  const name = sourceName(evidence.source);
  const title = name === null
    ? [evidence.tier, evidence.source].filter(Boolean).join(" ")
    : `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
  switch (evidence.source ?? evidence.scope) {
    case "process":
      return { title: "This process", found: formatCount(number("generations"), "generation") };
    case "directory":
    case "user":
    case "network":
      return {
        title: WHOSE_RECORDS[evidence.scope ?? "directory"],
        found: `${formatCount(number("records"), "record")}, ${number("running")} of them running` +
          ("unread" in detail ? `, ${number("unread")} not read` : ""),
      };
    case "global_status":
      return {
        title,
        found: `${formatCount(number("waiting_gens"), "image")} not finished, ` +
          `${number("live_gens")} of them at a backend, ` +
          `${formatCount(number("loading_models"), "model")} being loaded`,
      };
    case "session_status":
      return {
        title,
        found: `${formatCount(number("sessions"), "session")}, ${
          number("working")
        } of them working`,
      };
    case "comfy_queue":
      return { title, found: queueText(detail) };
    case "comfy_push":
      return { title, found: `told at once by ${formatCount(number("backends"), "backend")}` };
    case "backend_status":
      return {
        title,
        found: `${formatCount(number("backends"), "backend")}, ${number("running")} of them ready`,
      };
    case "models":
      return {
        title,
        found: `${formatCount(number("count"), "model")}, ${number("loaded")} of them loaded`,
      };
    case "resources":
      return { title, found: formatCount(number("gpus"), "GPU") };
    default:
      return { title, found: "answered" };
  }
}

/** Without a count of backends, only the first running one was asked. */
function queueText({ remaining, backends }: Evidence["detail"]): string {
  if (remaining === null) return "the first running backend has none";
  const jobs = formatCount(Number(remaining), "job");
  return backends === undefined
    ? `${jobs} in the first running backend`
    : `${jobs} in ${formatCount(Number(backends), "backend")}`;
}

function whyNot(evidence: Evidence): string {
  const why = silenceText(evidence);
  const { needs } = evidence;
  return needs === undefined || why.includes(needs) ? why : `${why} (it needs ${needs})`;
}
