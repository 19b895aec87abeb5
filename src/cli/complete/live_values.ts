/** Finds values that are only known at run time. They come at once, or not at all. */
import { isSafeId } from "../../generation/generation.ts";
import { PARAMETERS, PRESETS } from "../../generation/server/server_choices.ts";
import type { Choices } from "../../generation/server/server_choices.ts";
import {
  DEFAULT_SERVER,
  GENERATE,
  generateNames,
  keyOf,
  SERVER_KEYS,
  serverNames,
  SERVERS,
  SETTING_KEYS,
} from "../config/setting_keys.ts";
import type { CommandContext } from "../context.ts";
import { ANY_SERVER } from "../generate/generate_options.ts";
import { wordAlone } from "./suggest_value.ts";
import type { Candidate, LiveKind } from "./suggest_value.ts";

/** How long after the start of the process they must be there, in milliseconds. */
const WITHIN_MS = 140;
/**
 * For how long the server is not asked again, in milliseconds: Tab is pressed many times in a line.
 */
const FRESH_MS = 60_000;

/** Finds the values of a kind; empty if they do not come in time. */
export async function findLiveValues(
  kind: LiveKind,
  context: CommandContext,
): Promise<readonly Candidate[]> {
  if (kind === "generation") return await inTime(() => findGenerations(context), context) ?? [];
  if (kind === "server") return findServers(context).map(wordAlone);
  if (kind === "server-or-any") {
    const any = { text: ANY_SERVER, brief: "the one that suits best" };
    return [...findServers(context).map(wordAlone), any];
  }
  if (kind === "config-key") return await findSettings(context);
  return wordsOf(kind, await findChoices(kind, context)).map(wordAlone);
}

/**
 * Gives up what is late: the process ends when the answer is written. If the start alone took all the
 * time, as on a busy machine, nothing is begun.
 */
async function inTime<T>(
  find: () => Promise<T>,
  { clock, startedMs }: CommandContext,
): Promise<T | null> {
  const leftMs = startedMs + WITHIN_MS - clock.monotonicMs();
  if (leftMs <= 0) return null;
  const over = new AbortController();
  try {
    return await Promise.race([find(), clock.sleep(leftMs, over.signal).then(() => null)]);
  } finally {
    over.abort();
  }
}

function findServers({ config }: CommandContext): readonly string[] {
  return config === null ? [] : serverNames(config.values);
}

/** All settings, including those of the servers in the configuration file. */
async function findSettings(context: CommandContext): Promise<readonly Candidate[]> {
  const { command } = await import("../commands/generate_image.ts");
  const servers = findServers(context).flatMap((name) =>
    SERVER_KEYS.map((key) => `${SERVERS}.${name}.${key}`)
  );
  const defaults = generateNames(command.options).map((name) => `${GENERATE}.${keyOf(name)}`);
  const keys = [DEFAULT_SERVER, ...SETTING_KEYS.map(({ key }) => key), ...servers, ...defaults];
  return keys.map(wordAlone);
}

/**
 * Generations of this tool with a record here; the server is not asked whether they are still
 * running.
 */
async function findGenerations(
  { adapters, settings }: CommandContext,
): Promise<readonly Candidate[]> {
  const stores = await adapters.stores(settings);
  const readings = await Promise.all(stores.map((store) => store.list()));
  const records = readings.flatMap((reading) => reading.answered ? reading.publications : [])
    .map(({ record }) => record)
    .filter(({ id }) => isSafeId(id));
  const newest = records.sort((a, b) => a.updatedAt - b.updatedAt);
  const byId = new Map(newest.map(({ id, status, progress }) => [
    id,
    progress === null ? status : `${status}, ${Math.floor(progress * 100)}%`,
  ]));
  return [...byId].map(([text, brief]) => ({ text, brief }));
}

/** The server's answer if it is recent, else a new one, else the last one. */
async function findChoices(
  kind: Exclude<LiveKind, "generation">,
  context: CommandContext,
): Promise<Choices> {
  const { adapters, settings, clock } = context;
  const server = await adapters.serverChoices(settings);
  const remembered = await server.remembered();
  const isFresh = remembered !== null && Math.abs(clock.now() - remembered.asOfMs) < FRESH_MS;
  if (isFresh && kind !== "preset") return remembered.choices;
  const ask = (): Promise<Choices | null> => kind === "preset" ? server.askPresets() : server.ask();
  return await inTime(ask, context) ?? remembered?.choices ?? new Map();
}

function wordsOf(
  kind: Exclude<LiveKind, "generation" | "server" | "server-or-any" | "config-key">,
  choices: Choices,
): readonly string[] {
  const of = (id: string): readonly string[] => choices.get(id) ?? [];
  switch (kind) {
    case "model":
      return of("model").filter((name) => name !== "(None)");
    case "lora":
      // The part after the last colon is the weight, and for the server a comma separates two
      // LoRAs.
      return of("loras").filter((name) => name !== "(None)" && !name.includes(","))
        .map((name) => name.replace(/\.safetensors$/, ""))
        .map((name) => name.includes(":") ? `${name}:1` : name);
    case "vae":
    case "sampler":
    case "scheduler":
      return of(kind);
    case "preset":
      return of(PRESETS);
    case "parameter-name":
      return of(PARAMETERS);
    case "parameter":
      return of(PARAMETERS).flatMap((
        id,
      ) => [`${id}=`, ...of(id).map((value) => `${id}=${value}`)]);
    default:
      return kind satisfies never;
  }
}
