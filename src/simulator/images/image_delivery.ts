/**
 * Delivers finished images: saves or sends them, and announces them (`swarmui-protocol.md §3.4`).
 */
import { withoutExtension } from "../models/models.ts";
import { drawPicture, type Picture, toDataUrl } from "../pictures/draw_picture.ts";
import { picturePath } from "../pictures/picture_name.ts";
import type { AcceptedGeneration } from "./accepted_generation.ts";
import type { Failure } from "./failures.ts";
import { imageMetadata } from "./image_metadata.ts";
import { isSet } from "./read_image_request.ts";

/** Delivers an image of a run. */
export function deliver(
  generation: AcceptedGeneration,
  options: {
    readonly run: number;
    readonly image: number;
    readonly times: { readonly prepMs: number; readonly generationMs: number };
    readonly failure: Failure | null;
  },
): void {
  const { swarm, session, request } = generation;
  const { width, height } = request;
  const seed = seedOf(generation, options);
  for (const model of [request.model, ...request.loras]) {
    if (model !== null) swarm.models.computeHash(model);
  }
  const metadata = imageMetadata(generation, { seed, times: options.times });
  const index = generation.offset + options.run * request.batchSize + options.image;
  generation.delivered.push(index);
  const path = announce(generation, { index, picture: { width, height, seed, metadata } });
  if (options.failure !== "discarded" || path === null) return;
  generation.discarded.push(index);
  swarm.gallery.remove(swarm.folderOf(session.user), path);
}

/**
 * Delivers the grid that SwarmUI makes of a request's images, if the user wants it (§20.7): one picture
 * more, with index -1 and the tag of the others, if there is more than one and no more than the user
 * setting `MaxImagesInMiniGrid` says.
 */
export function deliverMiniGrid(generation: AcceptedGeneration): void {
  const { swarm, request, startedMs } = generation;
  const { seed } = request;
  const images = generation.delivered.length - generation.discarded.length;
  if (images < 2 || images > swarm.settings.miniGridMax) return;
  const totalMs = swarm.clock.monotonicMs() - startedMs;
  const metadata = imageMetadata(generation, { seed, times: { totalMs, images } });
  const columns = Math.ceil(Math.sqrt(images));
  const width = request.width * columns;
  const height = request.height * Math.ceil(images / columns);
  announce(generation, { index: -1, picture: { width, height, seed, metadata } });
}

/**
 * The seed of an image: they count up, over the runs of a request and within a batch. With
 * `noseedincrement` only those within a batch do (§20.7).
 */
export function seedOf(
  { request }: AcceptedGeneration,
  { run, image }: { readonly run: number; readonly image: number },
): bigint {
  const isFixed = isSet(request, "noseedincrement");
  return request.seed + BigInt((isFixed ? 0 : run * request.batchSize) + image);
}

/**
 * Saves a picture, unless it must not be saved, and sends its message.
 *
 * @returns Where it was saved; `null`: nowhere.
 */
function announce(
  generation: AcceptedGeneration,
  { index, picture }: { readonly index: number; readonly picture: Picture },
): string | null {
  const { swarm, request, output, requestId, numberInMinute } = generation;
  const { metadata, seed } = picture;
  const message = { batch_index: String(index), request_id: requestId, metadata };
  if (isSet(request, "donotsave") || !swarm.settings.savesFiles) {
    const drawn = drawPicture({ ...picture, metadata: null });
    output.send({ image: toDataUrl(drawn), ...message });
    return null;
  }
  const { user } = generation.session;
  const path = swarm.gallery.save(swarm.folderOf(user), {
    path: picturePath(request.values.get("overrideoutpathformat"), {
      timeMs: swarm.clock.now(),
      numberInMinute,
      prompt: request.prompt,
      model: withoutExtension(request.model?.name ?? ""),
      seed,
    }),
    picture: swarm.settings.savesMetadata ? picture : { ...picture, metadata: null },
  });
  const root = swarm.settings.appendsUser ? `View/${user.name}` : "Output";
  output.send({ image: `${root}/${path}`, ...message });
  return path;
}
