/**
 * Decodes SwarmUI's answers to questions. An answer that is not understood is a failure: nothing is
 * ever filled in with a zero.
 */
import {
  type Backend,
  type ComfyQueue,
  type ModelTotals,
  type ServerResources,
  UNREADABLE,
} from "../../detection/swarm_server.ts";
import type { Counters } from "../../generation/server/counters.ts";
import { ServerSession } from "../../generation/session.ts";
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import type { CallFailure, Outcome } from "./failure.ts";
import {
  count,
  decode,
  type Fields,
  flag,
  name,
  number,
  object,
  plain,
  type Read,
  refuse,
  sound,
  text,
  unexpected,
} from "./fields.ts";

/** The longest session id that is accepted; SwarmUI's have 40 characters. */
const SESSION_ID_MAX = 1000;

const BACKENDS_MAX = 10_000;

/** Nothing was used longer ago: a hundred years. */
const AGE_MAX_SECONDS = 100 * 365 * 24 * 60 * 60;

const sessionId: Read<string> = (value, path) => {
  const id = name(value, path);
  return id.length <= SESSION_ID_MAX ? id : refuse(value, path, `<=${SESSION_ID_MAX}`);
};

/** GetNewSession (`swarmui-protocol.md §1.1`). */
export function decodeSession(
  body: JsonObject,
  made: { readonly serverUrl: string; readonly createdAt: number },
): Outcome<ServerSession> {
  return decode(
    body,
    object((told) =>
      new ServerSession(told.get("session_id", sessionId), {
        ...made,
        userId: told.ifSound("user_id", text),
        hasUserFolder: told.ifSound("output_append_user", flag),
        version: told.ifSound("version", text),
        serverId: told.ifSound("server_id", text),
      })
    ),
  );
}

/** GetCurrentStatus and GetGlobalStatus, and a `status` message (`swarmui-protocol.md §5.1`). */
export function decodeCounters(body: JsonObject): Outcome<Counters> {
  return decode(body, object((told) => told.get("status", counters)));
}

const counters = object((told): Counters => ({
  waitingGens: told.get("waiting_gens", count),
  loadingModels: told.get("loading_models", count),
  waitingBackends: told.get("waiting_backends", count),
  liveGens: told.get("live_gens", count),
}));

/**
 * ListBackends: a map by id (`swarmui-protocol.md §6`). A backend that cannot be read stays one of
 * which nothing is known; if none can be, the answer is no list.
 */
export function decodeBackends(body: JsonObject): Outcome<readonly Backend[]> {
  const backends: Backend[] = [];
  let fault: CallFailure | null = null;
  let isAnyRead = false;
  const all = Object.entries(body);
  if (all.length > BACKENDS_MAX) return unexpected(`it names more than ${BACKENDS_MAX} backends`);
  for (const [key, entry] of all) {
    // Not a list of backends: taken for an empty one, it would hide their work.
    if (!/^-?\d{1,9}$/.test(key)) return unexpected("a key is not a backend's number");
    const id = Number(key);
    const told = decode(entry, object((fields) => backend(id, fields)));
    isAnyRead ||= told.ok;
    if (!told.ok) fault ??= told;
    backends.push(told.ok ? told.value : unreadBackend(id));
  }
  return fault !== null && !isAnyRead ? fault : { ok: true, value: backends };
}

function backend(id: number, told: Fields): Backend {
  return {
    id,
    type: told.get("type", text),
    title: told.ifSound("title", text) ?? "",
    status: told.get("status", text),
    enabled: told.ifSound("enabled", flag) ?? true,
    modelLoaded: told.ifSound("current_model", text),
    gpu: gpuOf(told.raw("settings")),
    secondsSinceUsed: ageOf(told),
    ...remoteOf(told.raw("settings")),
  };
}

function unreadBackend(id: number): Backend {
  return {
    id,
    type: UNREADABLE,
    title: "",
    status: UNREADABLE,
    enabled: true,
    modelLoaded: null,
    gpu: null,
    secondsSinceUsed: null,
  };
}

/** ListModels, counted. Only `loaded` of each entry is read, since there may be 5,000. */
export function decodeModelTotals(body: JsonObject): Outcome<ModelTotals> {
  const files = body["files"];
  if (!Array.isArray(files)) return unexpected("files is not an array");
  let [count, loaded] = [0, 0];
  for (const file of files) {
    // What is no model costs only itself.
    if (!isJsonObject(file) || typeof file["loaded"] !== "boolean") continue;
    count += 1;
    if (file["loaded"]) loaded += 1;
  }
  return count === 0 && files.length > 0
    ? unexpected("no model says whether it is loaded")
    : { ok: true, value: { count, loaded } };
}

/** GetServerResourceInfo (`swarmui-protocol.md §7.5`). */
export function decodeResources(body: JsonObject): Outcome<ServerResources> {
  return decode(
    body,
    object((told) => ({
      cpuUsage: told.get("cpu", object((cpu) => cpu.ifSound("usage", number))),
      ramUsedBytes: told.get("system_ram", object((ram) => ram.ifSound("used", number))),
      gpus: told.ifSound("gpus", gpus) ?? [],
    })),
  );
}

/** The answer of a ComfyUI to `GET /prompt` (`swarmui-protocol.md §6.1`). */
export function decodeComfyQueue(body: JsonObject): Outcome<ComfyQueue> {
  return decode(
    body,
    object((told) => ({
      kind: "jobs" as const,
      remaining: told.get("exec_info", object((info) => info.get("queue_remaining", count))),
    })),
  );
}

const gpus: Read<ServerResources["gpus"]> = (value, path) =>
  sound(gpu)(Object.values(plain(value, path)), path).entries;

const gpu = object((told): ServerResources["gpus"][number] => {
  const percent = told.ifSound("utilization_gpu", number);
  return {
    id: told.get("id", number),
    name: told.ifSound("name", text) ?? "",
    utilization: percent === null ? null : percent / 100,
    vramUsedBytes: told.ifSound("used_memory", number),
  };
});

function gpuOf(settings: unknown): string | null {
  const gpu = isJsonObject(settings) ? settings["GPU_ID"] : null;
  return typeof gpu === "string" && gpu !== "" ? gpu : typeof gpu === "number" ? `${gpu}` : null;
}

/** Only a `swarmswarmbackend` has both settings (`swarmui-protocol.md §20.4`). */
function remoteOf(settings: unknown): { readonly remoteUrl?: string } {
  if (!isJsonObject(settings) || settings["AllowForwarding"] === undefined) return {};
  const address = settings["Address"];
  return typeof address === "string" && address !== "" ? { remoteUrl: address } : {};
}

const age: Read<number> = (value, path) => {
  const seconds = number(value, path);
  return seconds >= 0 && seconds <= AGE_MAX_SECONDS ? seconds : refuse(value, path, "a time");
};

/** 0 seconds can also mean never (`swarmui-protocol.md §6`); only the text distinguishes them. */
function ageOf(told: Fields): number | null {
  const seconds = told.ifSound("seconds_since_used", age);
  const words = told.ifSound("time_since_used", text);
  if (words === null) return seconds === 0 ? null : seconds;
  return words === "Never" ? null : seconds;
}
