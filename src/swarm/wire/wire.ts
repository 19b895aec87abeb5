/**
 * JSON of SwarmUI's answers to questions → domain values. A shape that is not understood is an
 * outcome of its own: nothing is ever filled in with a zero.
 */
import * as v from "valibot";
import type {
  Backend,
  ComfyQueue,
  ModelTotals,
  ServerResources,
} from "../../detection/swarm_server.ts";
import type { Counters } from "../../generation/counters.ts";
import { ServerSession } from "../../generation/session.ts";
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import { failure, type Outcome } from "./failure.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const number = v.pipe(v.number(), v.finite());

const sessionSchema = v.object({
  session_id: v.pipe(v.string(), v.minLength(1), v.maxLength(1000)),
  user_id: v.nullish(v.string(), null),
  version: v.nullish(v.string(), null),
  server_id: v.nullish(v.string(), null),
});

const countersSchema = v.object({
  status: v.object({
    waiting_gens: count,
    loading_models: count,
    waiting_backends: count,
    live_gens: count,
  }),
});

const backendSchema = v.object({
  type: v.string(),
  title: v.nullish(v.string(), ""),
  status: v.string(),
  enabled: v.optional(v.boolean(), true),
  settings: v.optional(v.unknown()),
  current_model: v.nullish(v.string(), null),
  seconds_since_used: v.nullish(number, null),
  time_since_used: v.nullish(v.string(), null),
});

const resourcesSchema = v.object({
  cpu: v.object({ usage: v.nullish(number, null) }),
  system_ram: v.object({ used: v.nullish(number, null) }),
  gpus: v.nullish(
    v.record(
      v.string(),
      v.object({
        id: v.number(),
        name: v.nullish(v.string(), ""),
        utilization_gpu: v.nullish(number, null),
        used_memory: v.nullish(number, null),
      }),
    ),
    {},
  ),
});

const comfyQueueSchema = v.object({ exec_info: v.object({ queue_remaining: count }) });

/** GetNewSession (`swarmui-protocol.md §1.1`). */
export function decodeSession(
  body: JsonObject,
  made: { readonly serverUrl: string; readonly createdAt: number },
): Outcome<ServerSession> {
  return decode(sessionSchema, body, (told) =>
    new ServerSession(told.session_id, {
      ...made,
      userId: told.user_id,
      version: told.version,
      serverId: told.server_id,
    }));
}

/** GetCurrentStatus and GetGlobalStatus, and a `status` message (`swarmui-protocol.md §5.1`). */
export function decodeCounters(body: JsonObject): Outcome<Counters> {
  return decode(countersSchema, body, ({ status }) => ({
    waitingGens: status.waiting_gens,
    loadingModels: status.loading_models,
    waitingBackends: status.waiting_backends,
    liveGens: status.live_gens,
  }));
}

/** ListBackends: a map by id, without any other key (`swarmui-protocol.md §6`). */
export function decodeBackends(body: JsonObject): Outcome<readonly Backend[]> {
  const backends: Backend[] = [];
  for (const [key, entry] of Object.entries(body)) {
    if (!/^-?\d{1,9}$/.test(key)) return unexpected("a key is not a backend's number");
    const backend = decode(backendSchema, entry, (told) => ({
      id: Number(key),
      type: told.type,
      title: told.title ?? "",
      status: told.status,
      enabled: told.enabled,
      modelLoaded: told.current_model,
      gpu: gpuOf(told.settings),
      secondsSinceUsed: ageOf(told.seconds_since_used, told.time_since_used),
    }));
    if (!backend.ok) return backend;
    backends.push(backend.value);
  }
  return { ok: true, value: backends };
}

/** ListModels, counted; of each entry only `loaded` is looked at, for there may be 5,000. */
export function decodeModelTotals(body: JsonObject): Outcome<ModelTotals> {
  const files = body["files"];
  if (!Array.isArray(files)) return unexpected("files is not an array");
  let loaded = 0;
  for (const file of files) {
    if (!isJsonObject(file) || typeof file["loaded"] !== "boolean") {
      return unexpected("a model does not say whether it is loaded");
    }
    if (file["loaded"]) loaded += 1;
  }
  return { ok: true, value: { count: files.length, loaded } };
}

/** GetServerResourceInfo (`swarmui-protocol.md §7.5`). */
export function decodeResources(body: JsonObject): Outcome<ServerResources> {
  return decode(resourcesSchema, body, (told) => ({
    cpuUsage: told.cpu.usage,
    ramUsedBytes: told.system_ram.used,
    gpus: Object.values(told.gpus ?? {}).map((gpu) => ({
      id: gpu.id,
      name: gpu.name ?? "",
      utilization: gpu.utilization_gpu === null ? null : gpu.utilization_gpu / 100,
      vramUsedBytes: gpu.used_memory,
    })),
  }));
}

/** ComfyUI's own answer to `GET /prompt` (`swarmui-protocol.md §6.1`). */
export function decodeComfyQueue(body: JsonObject): Outcome<ComfyQueue> {
  return decode(comfyQueueSchema, body, (told) => ({
    kind: "jobs",
    remaining: told.exec_info.queue_remaining,
  }));
}

/** Checks a value against a schema and makes a domain value of it. */
export function decode<S extends v.GenericSchema, T>(
  schema: S,
  value: unknown,
  make: (told: v.InferOutput<S>) => T,
): Outcome<T> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return { ok: true, value: make(result.output) };
  // What was received stays out of the message: it may be a secret, and it is foreign.
  const [issue] = result.issues;
  const found = issue.received === "undefined"
    ? "is missing"
    : `is not ${issue.expected ?? "valid"}`;
  return unexpected(`${v.getDotPath(issue) ?? "the value"} ${found}`);
}

function unexpected(problem: string): Outcome<never> {
  return failure("protocol", `the answer has an unexpected shape: ${problem}`);
}

function gpuOf(settings: unknown): string | null {
  const gpu = isJsonObject(settings) ? settings["GPU_ID"] : null;
  return typeof gpu === "string" && gpu !== "" ? gpu : typeof gpu === "number" ? `${gpu}` : null;
}

/** 0 seconds also means never (`swarmui-protocol.md §6`); only the text tells them apart. */
function ageOf(seconds: number | null, text: string | null): number | null {
  if (text === null) return seconds === 0 ? null : seconds;
  return text === "Never" ? null : seconds;
}
