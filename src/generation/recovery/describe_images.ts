/**
 * Gets the metadata of pictures that came without it. Plain HTTP answers with paths only; the rest
 * is in the server's history (`swarmui-protocol.md §3, §7.7`).
 */
import { AppError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import type { HistoryImage, ImageServer, MadeImage } from "../server/image_server.ts";
import type { ServerSession } from "../session.ts";
import { untilAborted } from "../until_aborted.ts";

/** A picture appears in the history up to a second after it was made, in milliseconds. */
const LISTED_WITHIN_MS = 1_000;
/**
 * The pictures of one request are in one folder, unless the folder's name contains a seed or the
 * like.
 */
const FOLDERS_MAX = 4;

/** The server whose history is asked for. */
export interface HistorySource {
  readonly server: Pick<ImageServer, "history">;
  readonly session: ServerSession;
  readonly clock: Clock;
  /** Ends the questions; nobody waits for their answers then. */
  readonly signal: AbortSignal;
}

/**
 * Returns the pictures with their metadata and seeds, as far as the server lists them. Never fails.
 */
export async function describeImages(
  images: readonly MadeImage[],
  source: HistorySource,
): Promise<readonly MadeImage[]> {
  const bare = images.filter(({ metadata }) => metadata === undefined);
  const folders = new Set(bare.flatMap(({ path }) => placeOf(path)?.folder ?? []));
  if (folders.size === 0 || folders.size > FOLDERS_MAX) return images;
  const names = bare.flatMap(({ path }) => placeOf(path)?.name ?? []);
  const listed = await list([...folders], { ...source, names });
  return images.map((image) => {
    const found = image.metadata === undefined ? listed.get(placeOf(image.path)?.name ?? "") : null;
    if (!found?.metadata) return image;
    return { ...image, metadata: found.metadata, seed: image.seed ?? found.seed };
  });
}

/** The pictures of some folders, by their paths below the user's folder. */
async function list(
  folders: readonly string[],
  { server, session, clock, signal, names }: HistorySource & { readonly names: readonly string[] },
): Promise<ReadonlyMap<string, HistoryImage>> {
  const found = new Map<string, HistoryImage>();
  try {
    for (const pauseMs of [0, LISTED_WITHIN_MS]) {
      if (pauseMs > 0) await clock.sleep(pauseMs, signal);
      for (const folder of folders) {
        const listed = await untilAborted(server.history(session, { folder, depth: 1 }), signal);
        for (const image of listed ?? []) found.set(placeOf(image.path)?.name ?? "", image);
      }
      if (names.every((name) => found.has(name)) || signal.aborted) break;
    }
  } catch (error) {
    // The permission may be missing: then the pictures stay as they came.
    if (!(error instanceof AppError)) throw error;
  }
  return found;
}

/** A picture's path below the user's folder, and the folder in that path. */
function placeOf(path: string): { readonly folder: string; readonly name: string } | null {
  const name = /^\/?(?:View\/[^/]+|Output)\/(.*)$/s.exec(path)?.[1];
  if (name === undefined) return null;
  return { name, folder: name.slice(0, Math.max(0, name.lastIndexOf("/"))) };
}
