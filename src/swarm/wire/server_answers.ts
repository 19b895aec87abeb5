/**
 * Decodes SwarmUI's answers to questions. An answer that is not understood is a failure: nothing is
 * ever filled in with a zero.
 */
import type { Backend, ModelTotals, ServerResources } from "../../detection/swarm_server.ts";
import type { Counters } from "../../generation/counters.ts";
import { ServerSession } from "../../generation/session.ts";
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import type { Outcome } from "./failure.ts";
import {
  count,
  decode,
  type Fields,
  flag,
  name,
  number,
  object,
  type Read,
  refuse,
  text,
  unexpected,
  valuesOf,
} from "./fields.ts";

/** The longest session id that is accepted; SwarmUI's have 40 characters. */
const SESSION_ID_MAX = 1000;

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
        userId: told.find("user_id", text),
        hasUserFolder: told.find("output_append_user", flag),
        version: told.find("version", text),
        serverId: told.find("server_id", text),
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

/** ListBackends: a map by id, without any other key (`swarmui-protocol.md §6`). */
export function decodeBackends(body: JsonObject): Outcome<readonly Backend[]> {
  const backends: Backend[] = [];
  for (const [key, entry] of Object.entries(body)) {
    if (!/^-?\d{1,9}$/.test(key)) return unexpected("a key is not a backend's number");
    const backend = decode(
      entry,
      object((told): Backend => ({
        id: Number(key),
        type: told.get("type", text),
        title: told.find("title", text) ?? "",
        status: told.get("status", text),
        enabled: told.raw("enabled") === undefined || told.get("enabled", flag),
        modelLoaded: told.find("current_model", text),
        gpu: gpuOf(told.raw("settings")),
        secondsSinceUsed: ageOf(told),
        ...remoteOf(told.raw("settings")),
      })),
    );
    if (!backend.ok) return backend;
    backends.push(backend.value);
  }
  return { ok: true, value: backends };
}

/** ListModels, counted. Only `loaded` of each entry is read, since there may be 5,000. */
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
  return decode(
    body,
    object((told) => ({
      cpuUsage: told.get("cpu", object((cpu) => cpu.find("usage", number))),
      ramUsedBytes: told.get("system_ram", object((ram) => ram.find("used", number))),
      gpus: told.find("gpus", valuesOf(gpu)) ?? [],
    })),
  );
}

const gpu = object((told): ServerResources["gpus"][number] => {
  const percent = told.find("utilization_gpu", number);
  return {
    id: told.get("id", number),
    name: told.find("name", text) ?? "",
    utilization: percent === null ? null : percent / 100,
    vramUsedBytes: told.find("used_memory", number),
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

/** 0 seconds can also mean never (`swarmui-protocol.md §6`); only the text distinguishes them. */
function ageOf(told: Fields): number | null {
  const seconds = told.find("seconds_since_used", number);
  const words = told.find("time_since_used", text);
  if (words === null) return seconds === 0 ? null : seconds;
  return words === "Never" ? null : seconds;
}
