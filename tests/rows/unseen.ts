/** What a user sees of an idle server without the permissions to see everything, and why. */
import { UNKNOWN_IMAGES, UNKNOWN_JOBS } from "../support/row.ts";
import type { Row } from "../support/row.ts";

/** What only the counters can show. */
export const UNSEEN_REQUESTS = "work of other users and clients that has not reached ComfyUI";
/** What only ComfyUI's queues can show. */
export const UNSEEN_JOBS =
  "interrupted work that still winds down, and jobs sent straight to ComfyUI";
/** The text of a verdict that is unknown. */
export const NOT_KNOWN = "Not known whether a generation is running";
/** What would show the counters. */
export const SERVER_INFO = "permission read_server_info_panels";
/** What would show ComfyUI's queues. */
export const DIRECT = "permission comfy_direct_calls";
/** What would show the backends. */
export const LIST = "permission view_backends_list";

/** Everything that is refused to a user who may only generate. */
export const REFUSED_TO_USER = [
  "global_status: not_permitted",
  "comfy_queue: not_permitted",
  "backend_status: not_permitted",
  "resources: not_permitted",
];
/** What an ordinary user sees of a server on which it has no work of its own. */
export const PLAIN: Row = {
  verdict: "unknown",
  number: null,
  basis: "none",
  images: UNKNOWN_IMAGES,
  comfyJobs: UNKNOWN_JOBS,
  silent: REFUSED_TO_USER,
  exits: [0, 4],
  text: [
    NOT_KNOWN,
    "",
    `Not visible: ${UNSEEN_REQUESTS}; ${UNSEEN_JOBS} (to see more: ${SERVER_INFO}, ${DIRECT}, ${LIST})`,
  ],
};
/** What a power user sees of an idle server: ComfyUI's queues, but not SwarmUI's counters. */
export const POWER: Row = {
  verdict: "unknown",
  likely: "idle",
  number: null,
  basis: "none",
  images: UNKNOWN_IMAGES,
  comfyJobs: { remaining: 0, unattributed: null },
  silent: ["global_status: not_permitted", "resources: not_permitted"],
  exits: [0, 4],
  text: [NOT_KNOWN, "", `Not visible: ${UNSEEN_REQUESTS} (to see more: ${SERVER_INFO})`],
};
/** What is seen of a server that refuses every question. */
export const REFUSED: Row = {
  ...PLAIN,
  silent: [
    "global_status: refused",
    "comfy_queue: refused",
    "backend_status: refused",
    "models: refused",
    "resources: refused",
  ],
  exits: [4, 4],
  error: "refused",
  text: [NOT_KNOWN, "", "Not visible: everything on the server"],
};
