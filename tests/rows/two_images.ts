/** The situation of most rows: a run of two images, of which the first is being made. */
import { untilRecorded } from "../support/records.ts";
import { block, UNCERTAIN_HEADING } from "../support/row.ts";
import type { Row } from "../support/row.ts";
import type { Stage } from "../support/stage.ts";

/** What is seen of it in its own directory. */
export const TWO_IMAGES: Row = {
  verdict: "busy",
  number: 1,
  basis: "exact",
  images: { outstanding: 2, running: 1, queued: 1, loading_models: 0, untracked: 0 },
  comfyJobs: { remaining: 2, unattributed: 0 },
  active: ["generating, alive, working, directory user"],
  exits: [0, 8],
  text: block(1, "generating"),
};

/** What `status` says about a run whose process is gone. */
export const ORPHAN_NOTE = "orphaned: its process is gone, but the server is still working on it";
/** What `status` says about such a run if its session cannot be asked either. */
export const UNCERTAIN: Row["text"] = [
  ...block(1, "generating", "uncertain: its process is gone, and the server could not be asked"),
  "    Not known:     whether the server is still working on it",
  "    To do:         look again once the server answers, or has no other work",
  "    To stop it:    asset-generator cancel ID",
];

/** The same run after its process was killed. */
export const ORPHANED: Row = {
  ...TWO_IMAGES,
  active: ["generating, gone, working, directory user, orphaned"],
  text: block(1, "generating", ORPHAN_NOTE),
};

/** The same run, seen by a user who has no session of it, after its heartbeat has stopped. */
export const UNCERTAIN_TO_STRANGER: Row = {
  ...TWO_IMAGES,
  basis: "at_least",
  images: { ...TWO_IMAGES.images, untracked: 2 },
  active: [],
  uncertain: ["generating, gone, unseen, directory, unverified"],
  text: [
    "Untracked: 2 images on the server (1 running, 1 queued), perhaps of an uncertain generation",
    ...UNCERTAIN_HEADING,
    ...UNCERTAIN,
  ],
};

/** Waits until a run of two images is running and its record says so. */
export async function untilTwoImages(stage: Stage): Promise<void> {
  await stage.untilWorking(2);
  await stage.pass(() => stage.server.comfyJobs(0) === 2);
  await untilRecorded(stage, "generating");
}
