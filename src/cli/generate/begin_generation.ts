/** The beginning of a generation: its record is published, its request made and checked. Nothing is sent. */
import type { ImageRequest, ImageServer } from "../../generation/server/image_server.ts";
import type { RequestLog } from "../../generation/recovery/request_note.ts";
import { noteOf } from "../../generation/recovery/request_note.ts";
import { settleSeed } from "../../generation/run/seed.ts";
import type { ServerSession } from "../../generation/session.ts";
import type { GenerationStore } from "../../generation/records/store.ts";
import { trackGeneration } from "../../generation/records/tracker.ts";
import type { TrackedGeneration } from "../../generation/records/tracked_generation.ts";
import { unlessAborted } from "../../generation/until_aborted.ts";
import type { CommandContext } from "../context.ts";
import type { GenerateOptions } from "./generate_options.ts";
import { makeImageRequest } from "./image_request.ts";
import { KeptNote } from "./kept_note.ts";
import { imagesAsked } from "./own_parameters.ts";
import { SentFiles } from "./sent_files.ts";
import { stoppedEarly } from "./stopping.ts";
import type { Stopping } from "./stopping.ts";

/** What is the same on every server. */
export interface GenerationOrder {
  readonly options: GenerateOptions;
  readonly stores: readonly GenerationStore[];
  /** `null` where the user scope is not known. */
  readonly log: RequestLog | null;
  readonly stopping: Stopping;
}

/** A generation that others can see. */
export interface PublishedGeneration {
  /** With the settings of its server. */
  readonly context: CommandContext;
  readonly server: ImageServer;
  readonly tracked: TrackedGeneration;
}

/** A generation that is about to be sent. */
export interface BegunGeneration extends PublishedGeneration {
  readonly session: ServerSession;
  readonly request: ImageRequest;
  readonly note: KeptNote;
}

/** Publishes the record, before the server is asked anything. */
export async function publishGeneration(
  context: CommandContext,
  { options, stores }: GenerationOrder,
): Promise<PublishedGeneration> {
  const { adapters, clock, pid, messages } = context;
  const server = await adapters.imageServer(context.settings);
  const [locks, ends] = await Promise.all([
    adapters.ownerLocks(),
    adapters.endLog(context.settings),
  ]);
  const about = {
    serverUrl: server.url,
    imagesTotal: imagesAsked(options),
    detached: options.detach ?? false,
  };
  const tracked = await trackGeneration(about, {
    stores,
    locks,
    ends,
    clock,
    host: context.hostname(),
    pid,
    warn: (message) => void messages.warning(message),
  });
  return { context, server, tracked };
}

/**
 * Makes the request and says that it is about to be sent.
 *
 * @throws {AppError} If it cannot be made, or was stopped; the record is removed.
 */
export async function beginGeneration(
  published: PublishedGeneration,
  order: GenerationOrder,
): Promise<BegunGeneration> {
  const { stopping: { stop }, log } = order;
  const { tracked, server } = published;
  try {
    const { session, request } = await unlessAborted(
      prepare(published, order),
      order.stopping.stop,
    );
    const { id, startedAt } = tracked;
    const note = new KeptNote(noteOf(request, { id, startedAt, serverUrl: server.url }), log);
    await note.begin();
    await tracked.starting(session, request.model, request.batchSize);
    stop.throwIfAborted();
    return { ...published, session, request, note };
  } catch (error) {
    await tracked.finish(stop.aborted ? "cancelled" : "failed");
    throw stop.aborted ? stoppedEarly(stop.reason) : error;
  }
}

async function prepare(
  { server, context, tracked }: PublishedGeneration,
  { options, stopping }: GenerationOrder,
): Promise<Pick<BegunGeneration, "session" | "request">> {
  const files = new SentFiles({
    files: await context.adapters.inputFiles(),
    server,
    signal: stopping.stop,
  });
  const session = await server.newSession();
  const model = context.settings.model.value;
  const warn = (message: string): void => void context.messages.warning(message);
  const made = await makeImageRequest(options, { server, session, files, model, warn });
  const seed = settleSeed(made.seed);
  const request = { ...made, seed, ...(options.noTag ? {} : { tag: tracked.id }) };
  // Nobody named it, so nobody should have to guess which one it was.
  if (model === null) await context.messages.detail(`Using the model ${request.model}`);
  return { session, request };
}
