/** What each source said, in words, for `--verbose`. */
import { reasonText } from "../detection/answer.ts";
import type { Evidence } from "../detection/report.ts";
import { formatCount, lowerFirst } from "./text.ts";

/** One line about one source: `ComfyUI queues: 2 jobs in 1 backend (4 ms)`. It may hold foreign text. */
export function evidenceText(evidence: Evidence): string {
  const { title, found } = describe(evidence);
  const said = evidence.answered ? found : `not known, ${whyNot(evidence)}`;
  return `${title}: ${said} (${evidence.elapsedMs.toFixed(0)} ms)`;
}

function describe(evidence: Evidence): { readonly title: string; readonly found: string } {
  const { detail } = evidence;
  function number(name: string): number {
    return Number(detail[name] ?? 0);
  }
  switch (evidence.source ?? evidence.scope) {
    case "process":
      return { title: "This process", found: formatCount(number("generations"), "generation") };
    case "directory":
    case "user":
      return {
        title: evidence.scope === "user" ? "This user's records" : "This directory's records",
        found: `${formatCount(number("records"), "record")}, ${number("running")} of them running` +
          ("unread" in detail ? `, ${number("unread")} not read` : ""),
      };
    case "global_status":
      return {
        title: "The server's counters, all users",
        found: `${formatCount(number("waiting_gens"), "image")} not finished, ` +
          `${number("live_gens")} of them at a backend, ` +
          `${formatCount(number("loading_models"), "model")} being loaded`,
      };
    case "session_status":
      return {
        title: "The server's counters, this user's generations",
        found: `${formatCount(number("sessions"), "session")}, ${
          number("working")
        } of them working`,
      };
    case "comfy_queue":
      return { title: "ComfyUI queues", found: queueText(detail) };
    case "backend_status":
      return {
        title: "Backends",
        found: `${formatCount(number("backends"), "backend")}, ${number("running")} of them ready`,
      };
    case "models":
      return {
        title: "Models",
        found: `${formatCount(number("count"), "model")}, ${number("loaded")} of them loaded`,
      };
    case "resources":
      return { title: "Memory and GPUs", found: formatCount(number("gpus"), "GPU") };
    default:
      return {
        title: [evidence.tier, evidence.source].filter(Boolean).join(" "),
        found: "answered",
      };
  }
}

/** Of the first backend alone it is not said how many there are. */
function queueText({ remaining, backends }: Evidence["detail"]): string {
  if (remaining === null) return "the first running backend has none";
  const jobs = formatCount(Number(remaining), "job");
  return backends === undefined
    ? `${jobs} in the first running backend`
    : `${jobs} in ${formatCount(Number(backends), "backend")}`;
}

function whyNot({ reason = "failed", message, needs }: Evidence): string {
  const why = message === undefined ? reasonText(reason) : lowerFirst(message);
  return needs === undefined || why.includes(needs) ? why : `${why} (it needs ${needs})`;
}
