/**
 * Finds the generation for `attach` and `wait ID`: a running one, or one that ended within a day.
 */
import { UsageError } from "../../errors.ts";
import type { RecordsReading, SeenRecord } from "../../detection/records_tier.ts";
import type { GenerationRecord } from "../../generation/generation.ts";
import type { RequestLog, RequestNote } from "../../generation/recovery/request_note.ts";
import { isLoopback, isSameServerUrl } from "../../generation/server/server_url.ts";
import type { Observer } from "../observer.ts";
import { unreadProblem, userScopeProblem } from "../user_scope_problem.ts";
import { listOf, quote, readText } from "../values.ts";

/** The argument that names one, of `attach` and `cancel`. */
export const GENERATION_ARGUMENT = {
  placeholder: "ID",
  brief: "Which generation, as status shows it; the beginning is enough",
  completes: "generation",
  read: readText,
} as const;

const SHOWN_MAX = 5;
/** So many notes are read to find those of one server. */
const LOOKED_AT_MAX = 50;

/** A generation of this user, and the note of its request. */
export interface FoundGeneration {
  readonly id: string;
  readonly note: RequestNote;
}

/**
 * Finds the generation with an ID, or the beginning of one; without an ID, the only one that is
 * running.
 *
 * @param action What cannot be done, for errors, such as `Cannot attach to`.
 * @throws {UsageError} If there is none, or there are several, or it is another server's.
 * @throws {AppError} If this user's records could not be read.
 */
export async function findGeneration(wanted: string | undefined, from: {
  readonly observer: Observer;
  readonly log: RequestLog | null;
  readonly action: string;
}): Promise<FoundGeneration> {
  const { observer, log, action } = from;
  const records = await observer.records();
  const known = knownRecords(records);
  const noted = await log?.ids() ?? [];
  const id = wanted === undefined
    ? await onlyRunning(known, { ...from, noted, records })
    : await named(wanted, {
      ids: [...new Set([...known.map(({ record }) => record.id), ...noted])],
      recent: () => recentOnes(noted, from),
      records,
      action,
    });
  const seen = known.find((one) => one.record.id === id);
  const note = await log?.find(id) ?? (seen === undefined ? null : noteFrom(seen.record));
  if (note === null) {
    throw new UsageError(
      `${action} ${quote(id)}: nothing is noted of it (it is known for a day only)`,
    );
  }
  const isSame = isSameServerUrl(note.serverUrl, observer.serverUrl);
  // An address such as `localhost` means another server on each machine.
  if (seen !== undefined && isOfOthers(seen) && (!isSame || isLoopback(note.serverUrl))) {
    return { id, note: await here(note, from) };
  }
  if (!isSame) {
    throw new UsageError(
      `${action} ${quote(id)}: it is a generation of ${note.serverUrl}, not of ` +
        observer.serverUrl,
      { addWords: ["--api-url", note.serverUrl] },
    );
  }
  return { id, note };
}

/** The records of this user, and those of the machines that share a Redis: they tell when they end. */
export function knownRecords({ seen }: RecordsReading): readonly SeenRecord[] {
  return seen.filter(({ scopes }) => scopes.includes("user") || scopes.includes("network"));
}

/** Says whether only other machines tell of a generation. */
export function isOfOthers({ scopes }: SeenRecord): boolean {
  return !scopes.includes("user");
}

/**
 * The note of a generation that another machine has started at another name of this server, so that it
 * is asked for here. The other name may be one that means something only there, or is a lie.
 *
 * @throws {UsageError} If it is another server's.
 */
async function here(note: RequestNote, { observer, action }: {
  readonly observer: Observer;
  readonly action: string;
}): Promise<RequestNote> {
  const { report } = await observer.look({ models: false });
  const isHere = [...report.active, ...report.uncertain].some(({ record }) =>
    record.id === note.id
  );
  if (isHere) return { ...note, serverUrl: observer.serverUrl };
  throw new UsageError(
    `${action} ${quote(note.id)}: the machine that started it says that it is a generation of ` +
      `another server than ${observer.serverUrl}`,
  );
}

/**
 * The ids of this user's newest generations on the server that is asked, as the end of a sentence for
 * those who do not know one; empty if nothing is noted.
 */
async function recentOnes(noted: readonly string[], { observer, log }: {
  readonly observer: Observer;
  readonly log: RequestLog | null;
}): Promise<string> {
  const ids: string[] = [];
  for (const id of noted.slice(0, LOOKED_AT_MAX)) {
    const note = await log?.find(id) ?? null;
    if (note !== null && isSameServerUrl(note.serverUrl, observer.serverUrl)) ids.push(id);
    if (ids.length === SHOWN_MAX) break;
  }
  return ids.length === 0 ? "" : `; the latest here: ${ids.join(", ")}`;
}

async function onlyRunning(known: readonly SeenRecord[], { observer, log, noted, records }: {
  readonly observer: Observer;
  readonly log: RequestLog | null;
  readonly noted: readonly string[];
  readonly records: RecordsReading;
}): Promise<string> {
  const { report } = await observer.look({ models: false });
  const running = new Set(
    [...report.active, ...report.uncertain].map(({ record }) => record.id),
  );
  const own = known.filter((each) => !isOfOthers(each));
  const ids = own.map(({ record }) => record.id).filter((id) => running.has(id));
  const [only] = ids;
  if (only === undefined) {
    const problem = userScopeProblem(records);
    // Only an idle server certainly has none, whatever could not be read.
    if (problem !== null && report.verdict !== "idle") throw problem;
    const recent = await recentOnes(noted, { observer, log });
    throw new UsageError(
      `Cannot attach: no generation of this user is running on ${observer.serverUrl} (give the ID of ` +
        `one that is over${recent})`,
    );
  }
  if (ids.length === 1) return only;
  throw new UsageError(
    `Cannot attach: ${ids.length} generations of this user are running on ${observer.serverUrl} ` +
      `(give one of their IDs: ${shown(ids)})`,
  );
}

async function named(wanted: string, among: {
  readonly ids: readonly string[];
  readonly recent: () => Promise<string>;
  readonly records: RecordsReading;
  readonly action: string;
}): Promise<string> {
  const names = [wanted, `gen-${wanted}`];
  const exact = among.ids.filter((id) => names.includes(id));
  const found = exact.length > 0
    ? exact
    : among.ids.filter((id) => names.some((name) => id.startsWith(name)));
  const [only] = found;
  const tried = `${among.action} ${quote(wanted)}`;
  if (only === undefined) {
    const problem = unreadProblem(among.records);
    if (problem !== null) throw problem;
    throw new UsageError(
      `${tried}: no generation of this user with that ID within the last day (asset-generator ` +
        `status shows those that run${await among.recent()})`,
    );
  }
  if (found.length === 1) return only;
  throw new UsageError(`${tried}: ${found.length} IDs begin so (${shown(found)})`);
}

function shown(ids: readonly string[]): string {
  return listOf(ids.slice(0, SHOWN_MAX)) + (ids.length > SHOWN_MAX ? ", …" : "");
}

/** Makes a note from a record, if there is none. */
function noteFrom(record: GenerationRecord): RequestNote | null {
  const { id, serverUrl, startedAt, imagesTotal } = record;
  if (serverUrl === null || imagesTotal === null) return null;
  return {
    id,
    serverUrl,
    startedAt,
    tag: id,
    seed: null,
    model: record.model ?? "",
    images: imagesTotal,
    batchSize: record.batchSize ?? 1,
    prompt: "",
    width: null,
    height: null,
    steps: null,
    isAccepted: false,
    announced: [],
    end: null,
  };
}
