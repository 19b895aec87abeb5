/** Collects everything that `doctor` judges. */
import type { DoctorFacts, Variable } from "../../doctor/facts.ts";
import type { DirectoryTrial, PlacesLook } from "../../doctor/places.ts";
import { limitTime, untilAborted } from "../../generation/until_aborted.ts";
import type { CommandContext } from "../context.ts";
import { lookSettled, openObserver } from "../observer.ts";
import { variableOf } from "../settings.ts";

/** How long to wait for a file system, in milliseconds: a dead network drive never answers. */
const FILES_DEADLINE_MS = 5_000;

/** The tool's own variables; the last ones say where the user scope is. */
const OWN_VARIABLES = [
  variableOf("apiUrl"),
  variableOf("apiKey"),
  variableOf("apiKeyFile"),
  variableOf("token"),
  variableOf("tokenFile"),
  variableOf("headers"),
  variableOf("headersFile"),
  variableOf("server"),
  variableOf("config"),
  variableOf("stateFile"),
  variableOf("redisUrl"),
  variableOf("redisUrlFile"),
  variableOf("redisPrefix"),
  variableOf("redisShareSessions"),
  variableOf("format"),
  variableOf("requestTimeoutMs"),
  variableOf("model"),
  "ASSET_GENERATOR_STATE_DIR",
];

/**
 * The variables that Deno uses, in the order in which they matter; it also reads lower case names.
 */
const PROXY_VARIABLES = ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/**
 * Asks the server, then tries the places of the records, which the first question may have made. It
 * makes at most the session for questions, removes the files that it makes, and prunes nothing.
 */
export async function gatherFacts(context: CommandContext): Promise<DoctorFacts> {
  const { adapters, settings } = context;
  const observer = await openObserver(context);
  const { report, prunable } = await lookSettled({ observer, context }, { models: false });
  const { door, places } = await adapters.doctor(settings);
  // After the questions, so that a connection may be open and the round trip short.
  const probe = await door.probe();
  using deadline = limitTime(FILES_DEADLINE_MS, context);
  const [stateDirectory, userDirectory, look] = await Promise.all([
    untilAborted(places.tryStateDirectory(), deadline.signal),
    untilAborted(places.tryUserDirectory(), deadline.signal),
    untilAborted(places.look(report.serverUrl), deadline.signal),
  ]);
  return {
    report,
    // Each one once, however many versions there are.
    overRecords: [...new Set(prunable.map(({ id }) => id))],
    host: context.hostname(),
    variables: OWN_VARIABLES.map((name) => variable(name, context)),
    proxies: PROXY_VARIABLES.map((name) => ({
      ...variable(name, context),
      // Empty is not the same as not set: an empty NO_PROXY hides a no_proxy.
      value: context.environment.get(name) ?? null,
    })),
    credentials: {
      apiKey: settings.apiKey.place,
      token: settings.token.place,
    },
    stateDirectory: stateDirectory ?? lateTrial(places.stateFile),
    userDirectory: userDirectory ?? lateTrial(places.userDirectory ?? ""),
    places: look ?? NOTHING_SEEN,
    probe,
    keptSession: await door.keptSession(),
  };
}

const NOTHING_SEEN: PlacesLook = {
  openToOthers: null,
  corrupt: null,
  temporary: null,
  deadLocks: null,
  heldLocks: null,
  logins: null,
};

function lateTrial(path: string): DirectoryTrial {
  return { kind: "failed", path, message: `no answer in ${FILES_DEADLINE_MS / 1000} s` };
}

function variable(name: string, { environment }: CommandContext): Variable {
  return { name, mayRead: environment.mayRead(name), value: environment.get(name) || null };
}
