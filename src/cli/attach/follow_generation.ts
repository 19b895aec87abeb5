/**
 * Follows a generation of another process to its end: by its records while that process lives, and
 * by the counters of its session after that.
 */
import type { RecordsReading, SeenRecord } from "../../detection/records_tier.ts";
import { AppError, ConnectionLostError } from "../../errors.ts";
import { CollectedImages } from "../../generation/run/collected_images.ts";
import { findImages } from "../../generation/recovery/find_images.ts";
import { hasHeartbeat } from "../../generation/generation.ts";
import { showsWork } from "../../generation/server/counters.ts";
import type { ImageServer, MadeImage } from "../../generation/server/image_server.ts";
import type { Recovery } from "../../generation/recovery/recover_generation.ts";
import { recoverGeneration } from "../../generation/recovery/recover_generation.ts";
import type {
  RequestEnd,
  RequestLog,
  RequestNote,
} from "../../generation/recovery/request_note.ts";
import type { EndedState } from "../../generation/run/generation_result.ts";
import { outcomeOf } from "../../generation/run/generation_result.ts";
import type { RunSnapshot } from "../../generation/run/run_progress.ts";
import { isSameServerUrl } from "../../generation/server/server_url.ts";
import type { ServerSession } from "../../generation/session.ts";
import type { EndLog } from "../../generation/records/end_log.ts";
import type { CommandContext } from "../context.ts";
import type { Observer } from "../observer.ts";
import { isOfOthers, knownRecords } from "./find_generation.ts";
import { JoinedProgress, snapshotOf } from "./joined_progress.ts";
import { untold, WHOLE_INTERVAL_MS, WholeServer } from "./whole_server.ts";

/** Time between two looks at the records, in milliseconds. */
const LOOK_INTERVAL_MS = 500;

const WHY = "its process has ended";

/** What following needs. */
export interface FollowOptions {
  readonly observer: Observer;
  readonly server: ImageServer;
  readonly log: RequestLog | null;
  readonly ends: EndLog | null;
  readonly clock: CommandContext["clock"];
  /** Stops following; the generation goes on. */
  readonly until: AbortSignal;
  /** Whether this process has stopped it. */
  readonly isStopped: () => boolean;
  readonly onUpdate: (snapshot: RunSnapshot) => void;
}

/** How a generation ended; `null`: it was not followed to its end. */
export async function followGeneration(
  note: RequestNote,
  options: FollowOptions,
): Promise<RequestEnd | null> {
  const { observer, log, clock, until } = options;
  let isElsewhere = false;
  let whole: WholeServer | null = null;
  while (!until.aborted) {
    const records = await observer.records();
    const seen = knownRecords(records).find(({ record }) => record.id === note.id);
    if (seen === undefined) {
      if (isElsewhere && isNetworkAway(records)) {
        await clock.sleep(LOOK_INTERVAL_MS, until);
        continue;
      }
      // Its process notes the end before it removes the record.
      const noted = await log?.find(note.id) ?? note;
      if (noted.end !== null) return noted.end;
      const end = isElsewhere ? await findElsewhere(note, options) : await findLeft(noted, options);
      if (end !== null) await log?.put({ ...noted, announced: [], end });
      return end;
    }
    const { record, owner } = seen;
    isElsewhere = isOfOthers(seen);
    if (owner !== "alive" || !hasHeartbeat(record, clock.now())) {
      if (sessionOf(seen, options) === null) {
        whole ??= new WholeServer(note, options);
        if (await whole.mayWork()) {
          await clock.sleep(WHOLE_INTERVAL_MS, until);
          continue;
        }
      }
      // What it has told of meanwhile was noted.
      return await findOut(await log?.find(note.id) ?? note, { seen, options });
    }
    options.onUpdate(snapshotOf(record, clock.now()));
    await clock.sleep(LOOK_INTERVAL_MS, until);
  }
  return null;
}

/** The session that its counters are asked with; `null`: it is not known here. */
function sessionOf(seen: SeenRecord, { server }: FollowOptions): ServerSession | null {
  const { session } = seen;
  // Where another machine has named the server, its name there may mean another machine here.
  if (session !== null && isOfOthers(seen)) return session.under(server.url);
  return session !== null && isSameServerUrl(session.serverUrl, server.url) ? session : null;
}

/** Then a record that is missing may be there all the same. */
function isNetworkAway({ scopes }: RecordsReading): boolean {
  return scopes.some(({ scope, reading }) => scope === "network" && !reading.answered);
}

/**
 * Finds what a generation of another machine has left, whose record is gone.
 *
 * @throws {AppError} If its machine did not tell how it ended, and not all of it is there.
 */
async function findElsewhere(
  note: RequestNote,
  options: FollowOptions,
): Promise<RequestEnd | null> {
  // Asked before the pictures are looked for: it is told for a lease only.
  const told = await options.ends?.find(note.id) ?? null;
  const end = await findLeft(note, options);
  if (end === null || told !== null) return end;
  if (end.state !== "complete") throw untold(note);
  await tellEnd(note.id, { end, options });
  return end;
}

/** The images of an end, if they are too many to be in the note. */
export async function imagesOf(
  note: RequestNote,
  { server, clock, until }: Pick<FollowOptions, "server" | "clock" | "until">,
): Promise<NonNullable<RequestEnd["made"]>> {
  const session = await server.newSession();
  const known = pathsOf(note.announced);
  const found = await findImages(note, { server, session, clock, known, giveUp: until });
  return sort(note, found.images);
}

function pathsOf(images: readonly MadeImage[]): readonly string[] {
  return images.map(({ path }) => path);
}

/** Finds the pictures of a generation without a record and without a noted end. */
async function findLeft(note: RequestNote, options: FollowOptions): Promise<RequestEnd | null> {
  const { server, clock, until } = options;
  const session = await server.newSession();
  const { images, reason, mayBeMore } = await findImages(note, {
    server,
    session,
    clock,
    known: pathsOf(note.announced),
    giveUp: until,
  });
  if (until.aborted) return null;
  const problem = reason === null
    ? null
    : new AppError("failed", `Cannot get all pictures of ${note.id}: ${WHY}, and ${reason}`);
  const recovery = { images, problem, mayBeMore, certainty: "certain" } as const;
  return await judge(note, { recovery, endedAt: null, options });
}

/** Follows a generation without a process to its end. */
async function findOut(note: RequestNote, by: {
  readonly seen: SeenRecord;
  readonly options: FollowOptions;
}): Promise<RequestEnd | null> {
  const { seen, options } = by;
  const { server, clock, until } = options;
  const progress = new JoinedProgress(seen.record, { note, clock });
  let sawWork = false;
  const recovery = await recoverGeneration({
    server,
    session: sessionOf(seen, options) ?? await server.newSession(),
    clock,
    trail: note,
    known: pathsOf(note.announced),
    lost: new ConnectionLostError(
      `Cannot find anything of ${note.id}`,
      `its process ended, and ${server.url} has neither work nor pictures of it`,
      "generate again",
    ),
    why: WHY,
    accepted: note.isAccepted || seen.record.status === "generating",
    isOver: false,
    stop: until,
    giveUp: until,
    onCounters: (counters) => {
      sawWork ||= showsWork(counters);
      // After a stop they count as over what was not made.
      if (!options.isStopped()) options.onUpdate(progress.take(counters));
    },
    askAfterMs: () => progress.askAfterMs(),
    onOver: () => {},
  });
  if (recovery.certainty === "stopped" || until.aborted) return null;
  if (recovery.certainty === "away") throw recovery.problem ?? new AppError("unreachable", "away");
  const endedAt = sawWork ? clock.now() : null;
  const end = await judge(note, { recovery, endedAt, options });
  await options.log?.put({ ...note, announced: [], end });
  if (seen.owner === "gone") await conclude(seen, { end, options });
  return end;
}

async function judge(note: RequestNote, { recovery, endedAt, options }: {
  readonly recovery: Recovery;
  /** What is put down if nobody else told of its end. */
  readonly endedAt: number | null;
  readonly options: FollowOptions;
}): Promise<RequestEnd> {
  const made = sort(note, recovery.images);
  const isWhole = made.images.length >= note.images;
  const told = await options.ends?.find(note.id) ?? null;
  const isCancelled = options.isStopped() || told?.outcome === "cancelled";
  const state: EndedState = isWhole ? "complete" : isCancelled ? "interrupted" : "failed";
  const { problem, certainty } = recovery;
  return {
    state,
    endedAt: told?.endedAt ?? endedAt,
    made,
    imagesMade: recovery.mayBeMore && !isWhole ? null : made.images.length,
    serverMayWork: certainty === "doubtful" ? null : false,
    problem: state === "failed" && problem !== null
      // Nothing of it was found: that has nothing to do with the connection of this process.
      ? {
        code: problem instanceof ConnectionLostError ? "failed" : problem.code,
        message: problem.message,
      }
      : null,
  };
}

function sort(note: RequestNote, images: Recovery["images"]): NonNullable<RequestEnd["made"]> {
  const collected = new CollectedImages(note.images);
  collected.recover(note.announced);
  collected.recover(images);
  return { images: collected.arrived(), extras: collected.extras() };
}

/** How a generation has ended, for those who watch it. */
interface Known {
  readonly end: RequestEnd;
  readonly options: FollowOptions;
}

/** Tells the end in the place of the process that is gone, and removes its record. */
async function conclude({ record, versions }: SeenRecord, known: Known): Promise<void> {
  await tellEnd(record.id, known);
  await Promise.all(known.options.observer.stores.map((store) => store.prune(versions)));
}

/** Tells it, unless somebody has. */
async function tellEnd(id: string, { end, options: { ends, clock } }: Known): Promise<void> {
  if (await ends?.find(id) !== null) return;
  const endedAt = end.endedAt ?? clock.now();
  await ends?.put({ id, outcome: outcomeOf(end.state), endedAt });
}
