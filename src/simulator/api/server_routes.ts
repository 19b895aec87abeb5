/** Routes about the server itself: resources, logs, history. */
import { isJsonObject } from "../../json_object.ts";
import { valueText } from "../models/parameter_value.ts";
import { InternalError } from "./refusals.ts";
import { integerOf, type Route, route, textOf } from "./route.ts";
import { LOG_TYPES } from "./server_log.ts";

const GIGABYTE = 1_000_000_000;
const CORES = 8;
/** MaxImagesInHistory: ListImages never gives more, and does not say that it was cut. */
const MAX_LISTED = 1_000;

/** All routes of this kind. */
export const SERVER_ROUTES: readonly Route[] = [
  route("GetServerResourceInfo", "read_server_info_panels", ({ swarm }) => {
    const isBusy = swarm.boot.pool.all.some(({ comfy }) => comfy.jobs.length > 0);
    return {
      cpu: { usage: isBusy ? 0.21 : 0.03, cores: CORES },
      system_ram: { total: 64 * GIGABYTE, used: 20 * GIGABYTE, free: 44 * GIGABYTE },
    };
  }),
  route("ListLogTypes", "view_logs", () => ({ types_available: LOG_TYPES })),
  route("ListRecentLogMessages", "view_logs", ({ swarm, body }) => {
    const since = body.last_sequence_ids;
    if (!Array.isArray(body.types) || !isJsonObject(since)) throw new InternalError("No types");
    const lists = body.types.map(valueText).map((type) =>
      [type, swarm.log.since(type, Number(since[type] ?? 0))] as const
    ).filter(([, messages]) => messages.length > 0);
    return {
      types_available: LOG_TYPES,
      last_sequence_id: swarm.log.lastSequenceId,
      data: Object.fromEntries(lists),
    };
  }),
  route("GetUserSettings", "read_user_settings", ({ swarm: { settings } }) => ({
    themes: {},
    settings: {
      maximagesinminigrid: { type: "integer", value: settings.miniGridMax },
      savefiles: { type: "boolean", value: settings.savesFiles },
      fileformat: {
        type: "group",
        value: { savemetadata: { type: "boolean", value: settings.savesMetadata } },
      },
    },
  })),
  route("ListImages", "view_image_history", ({ swarm, session, body }) => {
    const path = textOf(body, "path").replace(/\/+$/, "");
    const depth = Math.max(1, integerOf(body, "depth"));
    const prefix = path === "" ? "" : `${path}/`;
    const below = swarm.gallery.list(swarm.folderOf(session.user))
      .filter((saved) => saved.path.startsWith(prefix))
      .map(({ path, metadata }) => ({ src: path.slice(prefix.length), metadata }));
    const files = below.filter(({ src }) => src.split("/").length <= depth);
    // sorted by name, only the first ones found are read, even if others are newer (§20.7)
    const isByDate = valueText(body.sortBy) !== "Name";
    const listed = isByDate ? files.slice(-MAX_LISTED).reverse() : files.slice(0, MAX_LISTED);
    // names contain the time, so reversing them sorts by date
    if (!isByDate) listed.reverse();
    if (valueText(body.sortReverse) === "true") listed.reverse();
    return { folders: foldersOf(below.map(({ src }) => src), depth), files: listed };
  }),
];

/** The folders that files are in, each after its subfolders. */
function foldersOf(paths: readonly string[], depth: number): readonly string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    const parents = path.split("/").slice(0, -1);
    for (let level = Math.min(parents.length, depth); level >= 1; level--) {
      folders.add(parents.slice(0, level).join("/"));
    }
  }
  return [...folders];
}
