/** Recognises the mini-grid among the images of an answer over HTTP, which gives no indices. */
import type { MadeImage } from "../../generation/server/image_server.ts";
import type { ServerSession } from "../../generation/session.ts";
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import { call } from "../http/call.ts";
import type { Transport } from "../http/transport.ts";

/** The index that the mini-grid has over the WebSocket (`swarmui-protocol.md §3.6`). */
const GRID_INDEX = -1;
/** SwarmUI's default: never a grid. */
const DEFAULT_MAX = 1;
const STILL = /(\.(png|jpe?g|webp)$)|^data:image\/(png|jpeg|webp)[;,]/i;

/**
 * Gives the mini-grid its index, so that a run with one image too few does not look complete.
 *
 * SwarmUI makes a grid when all images are there, if they are stills, more than one, and at most as
 * many as the user setting MaxImagesInMiniGrid (default 1: never). The grid is the last of the list
 * (`swarmui-protocol.md §3.6, §20.7`). So for a list of n:
 *
 * - n is more than was requested: the rest are not images of the request, and nothing is unclear.
 * - n is 1 or 2: there is no grid.
 * - n is at most the setting: the last one is the grid, because n images would have had one after
 *   them.
 * - n is more than the setting: all are images. Only if it is exactly one more, the last may be the
 *   grid of a run with one image too few; it is taken for an image, which is nearly always right.
 *
 * If the server does not tell the setting, its default is assumed. Other extra outputs of a
 * workflow cannot be recognised here; the WebSocket marks them.
 *
 * @param options.asked Images requested.
 */
export async function markGrid(
  images: readonly MadeImage[],
  options: {
    readonly transport: Transport;
    readonly session: ServerSession;
    readonly asked: number;
    readonly requestTimeoutMs: number;
  },
): Promise<readonly MadeImage[]> {
  const { transport, session, asked, requestTimeoutMs: timeoutMs } = options;
  const isClear = images.length < 3 || images.length > asked;
  if (isClear || !images.every(({ path }) => STILL.test(path))) return images;
  // Without the signal: the images are there, and an abort must not lose them.
  const told = await call(transport, "GetUserSettings", { session, timeoutMs });
  const most = told.ok ? miniGridMax(told.value) : DEFAULT_MAX;
  if (images.length > most) return images;
  return images.map((image, at) =>
    at === images.length - 1 ? { ...image, index: GRID_INDEX } : image
  );
}

/** The setting in an answer of GetUserSettings; the default if it is not there. */
function miniGridMax({ settings }: JsonObject): number {
  const setting = isJsonObject(settings) ? settings["maximagesinminigrid"] : null;
  const value = isJsonObject(setting) ? setting["value"] : null;
  return typeof value === "number" ? value : DEFAULT_MAX;
}
