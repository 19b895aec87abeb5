/**
 * Handles one generation request, from its counters to its last message (`swarmui-protocol.md §3-4,
 * §8`).
 */
import { InternalError } from "../api/refusals.ts";
import { statusToWire } from "../api/server_status.ts";
import { isServerPicture } from "../models/parameter_value.ts";
import type { Swarm } from "../swarm.ts";
import { type AcceptedGeneration, acceptGeneration, type Asked } from "./accepted_generation.ts";
import { deliverMiniGrid } from "./image_delivery.ts";
import { runImage } from "./image_run.ts";

/** How many runs of one request may be under way for a role. */
const MAX_RUNS_OF_ROLE = 32;
/** The longest time without a `keep_alive`, in milliseconds. */
const KEEP_ALIVE_MS = 30_000;

/** Handles a request. */
export async function generate(swarm: Swarm, asked: Asked): Promise<void> {
  const { session, output } = asked;
  const claim = session.claim(Math.max(0, asked.images));
  swarm.changed.ring();
  try {
    output.send(statusToWire(swarm, session.counters));
    const generation = acceptGeneration(swarm, { ...asked, claim });
    if (typeof generation === "string") return output.send({ error: generation });
    if (missesInitImage(generation)) {
      // over a WebSocket it ends without a message
      if (output.isLive) return;
      throw new InternalError(`There is no ${generation.request.initImage}`);
    }
    const model = generation.request.model;
    swarm.log.write(
      `User ${session.user.name} requested ${asked.images} image${asked.images === 1 ? "" : "s"}` +
        `${model === null ? "" : ` with model '${model.name}'`}...`,
      swarm.clock.now(),
    );
    await runAll(generation);
    if (generation.boot.signal.aborted) return;
    deliverMiniGrid(generation);
    output.send({ discard_indices: generation.discarded });
  } finally {
    claim.release();
    swarm.changed.ring();
  }
}

/** Whether a request names a picture of the server that is not there (§20.10). */
function missesInitImage({ request, session, swarm }: AcceptedGeneration): boolean {
  const path = request.initImage;
  if (path === null || !isServerPicture(path)) return false;
  return !swarm.gallery.list(swarm.folderOf(session.user)).some((picture) => picture.path === path);
}

/**
 * Starts the runs one after another. Once the last has started, each end of a run sends a
 * `keep_alive`, and so does a long silence.
 */
async function runAll(generation: AcceptedGeneration): Promise<void> {
  const { boot, swarm } = generation;
  const capacity = boot.pool.backends
    .filter(({ isReady }) => isReady)
    .reduce((sum, backend) => sum + backend.maxUsages, 0);
  const most = Math.max(1, Math.min(MAX_RUNS_OF_ROLE, 2 * capacity));
  const begun = new Set<{ readonly promise: Promise<void>; isOver: boolean }>();
  for (let run = 0; run < generation.images && !generation.isStopped; run++) {
    while (begun.size > most) {
      await Promise.race([...begun].map(({ promise }) => promise));
      for (const each of begun) if (each.isOver) begun.delete(each);
    }
    if (generation.isStopped) break;
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
    const each = { promise: runImage(generation, { run, onAsked }), isOver: false };
    each.promise.finally(() => {
      each.isOver = true;
      onAsked();
    });
    begun.add(each);
    await asked;
  }
  while (begun.size > 0 && !boot.signal.aborted) {
    const silence = new AbortController();
    const stop = AbortSignal.any([silence.signal, boot.signal]);
    const pause = swarm.clock.sleep(KEEP_ALIVE_MS, stop);
    const ended = await Promise.race([
      pause.then(() => null),
      ...[...begun].map((each) => each.promise.then(() => each)),
    ]);
    silence.abort();
    if (ended !== null) begun.delete(ended);
    if (!boot.signal.aborted) generation.output.send({ keep_alive: true });
  }
}
