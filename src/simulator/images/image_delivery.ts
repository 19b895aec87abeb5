/** What becomes of a finished image: saved or sent as it is, and announced (`swarmui-protocol.md §3.4`). */
import type { Generation } from "./generation.ts";
import { imageMetadata } from "./image_metadata.ts";
import { isSet } from "./image_request.ts";
import { withoutExtension } from "../models/models.ts";
import { picturePath } from "../pictures/picture_name.ts";
import { toDataUrl } from "../pictures/painter.ts";
import type { Upset } from "./upsets.ts";

/** Saves an image, unless it is not wanted on disk, and sends its message. */
export function deliver(
  generation: Generation,
  options: {
    readonly run: number;
    readonly image: number;
    readonly times: { readonly prepMs: number; readonly generationMs: number };
    readonly upset: Upset | null;
  },
): void {
  const { swarm, session, request, output } = generation;
  const seed = seedOf(generation, options);
  const nowMs = swarm.clock.now();
  for (const model of [request.model, ...request.loras]) {
    if (model !== null) swarm.models.computeHash(model);
  }
  const metadata = imageMetadata(request, {
    seed,
    images: generation.images,
    nowMs,
    times: options.times,
    version: swarm.versionNumbers,
  });
  const picture = { width: request.width, height: request.height, seed, metadata };
  const user = session.user.name;
  const index = generation.offset + options.run * request.batchSize + options.image;
  generation.delivered.push(index);
  const message = { batch_index: String(index), request_id: generation.requestId, metadata };
  if (isSet(request, "donotsave")) {
    output.send({
      image: toDataUrl(swarm.painter.draw({ ...picture, metadata: null })),
      ...message,
    });
    return;
  }
  const path = swarm.gallery.save(user, {
    path: picturePath(request.values.get("overrideoutpathformat"), {
      timeMs: nowMs,
      numberInMinute: generation.numberInMinute,
      prompt: request.prompt,
      model: withoutExtension(request.model?.name ?? ""),
      seed,
    }),
    picture,
    metadata,
    nowMs,
  });
  output.send({ image: `View/${user}/${path}`, ...message });
  if (options.upset === "discarded") {
    generation.discarded.push(index);
    swarm.gallery.remove(user, path);
  }
}

/** The seed of an image: they count up, over the runs of a request and within a batch. */
export function seedOf(
  { request }: Generation,
  { run, image }: { readonly run: number; readonly image: number },
): bigint {
  const isFixed = isSet(request, "noseedincrement");
  return request.seed + (isFixed ? 0n : BigInt(run * request.batchSize + image));
}
