/** The grid that SwarmUI makes of a request's images, if the user wants it (`swarmui-protocol.md §20.7`). */
import type { Generation } from "./generation.ts";
import { imageMetadata } from "./image_metadata.ts";
import { isSet } from "./image_request.ts";
import { withoutExtension } from "../models/models.ts";
import { picturePath } from "../pictures/picture_name.ts";
import { toDataUrl } from "../pictures/painter.ts";

/**
 * Announces one picture more, with index -1, if there is more than one image and no more than the
 * user setting `MaxImagesInMiniGrid` says. It has the tag of the others.
 */
export function deliverMiniGrid(generation: Generation): void {
  const { swarm, session, request, output, startedMs } = generation;
  const count = generation.delivered.length - generation.discarded.length;
  if (count < 2 || count > swarm.settings.miniGridMax) return;
  const nowMs = swarm.clock.now();
  const metadata = imageMetadata(request, {
    seed: request.seed,
    images: generation.images,
    nowMs,
    times: { totalMs: swarm.clock.monotonicMs() - startedMs, images: count },
    version: swarm.versionNumbers,
  });
  const columns = Math.ceil(Math.sqrt(count));
  const picture = {
    width: request.width * columns,
    height: request.height * Math.ceil(count / columns),
    seed: request.seed,
    metadata,
  };
  const message = { batch_index: "-1", request_id: generation.requestId, metadata };
  if (isSet(request, "donotsave")) {
    const image = toDataUrl(swarm.painter.draw({ ...picture, metadata: null }));
    output.send({ image, ...message });
    return;
  }
  const user = session.user.name;
  const path = swarm.gallery.save(user, {
    path: picturePath(request.values.get("overrideoutpathformat"), {
      timeMs: nowMs,
      numberInMinute: generation.numberInMinute,
      prompt: request.prompt,
      model: withoutExtension(request.model?.name ?? ""),
      seed: request.seed,
    }),
    picture,
    metadata,
    nowMs,
  });
  output.send({ image: `View/${user}/${path}`, ...message });
}
