/** What is told of a generation besides what its record says. Pure; ids are escaped later. */
import type { ReportedGeneration } from "../../detection/report.ts";
import { isSafeId } from "../../generation/generation.ts";

/** A note about a generation. */
export interface GenerationNote {
  /** What is known about it. */
  readonly found: string;
  /** What is not known and what can be done: a label and a few words each. */
  readonly more: readonly (readonly [label: string, text: string])[];
}

/** Makes the note; `null`: there is nothing to say. */
export function generationNote(one: ReportedGeneration): GenerationNote | null {
  if (one.orphaned && one.server === "working") {
    return {
      found: "orphaned: its process is gone, but the server is still working on it",
      more: [],
    };
  }
  if (one.owner === "gone" && one.record.detached === true && one.server === "working") {
    return {
      found: "detached: the server is working on it, and no process is waiting for it",
      more: [],
    };
  }
  // Of what is over there is nothing to do.
  if (one.server === "done") return null;
  if (one.owner === "gone") return uncertainNote(one.record.id);
  return one.verified ? null : {
    found: "not verified: recorded by another tool, and the server could not be asked",
    more: [],
  };
}

/** Says whether a record's status still holds: nobody keeps it up whose process is gone. */
export function isStatusKnown({ owner, server, record }: ReportedGeneration): boolean {
  return owner !== "gone" || server !== "unseen" || record.status !== "starting";
}

/** The same as one sentence, for documents. */
export function generationNoteText(one: ReportedGeneration): string | null {
  const note = generationNote(one);
  if (note === null) return null;
  const more = note.more.map(([label, text]) => `${label.toLowerCase()}: ${text}`);
  return [note.found, ...more].join("; ");
}

function uncertainNote(id: string): GenerationNote {
  return {
    found: "uncertain: its process is gone, and the server could not be asked",
    more: [
      ["Not known", "whether the server is still working on it"],
      ["To do", "look again once the server answers, or has no other work"],
      // The author of the record chose the id. If a shell would interpret it, or if it looks like
      // an option such as `--everyone`, no command is printed that people might copy.
      ...(isSafeId(id) && !id.startsWith("-")
        ? [["To stop it", `asset-generator cancel ${id}`] as const]
        : []),
    ],
  };
}

/** Which image is being made, from 1; `null`: the record does not say how many there are. */
export function imageNumber({ record }: ReportedGeneration): number | null {
  const { imagesTotal, imagesDone } = record;
  if (imagesTotal === null || imagesDone === null || imagesTotal === 0) return null;
  return Math.min(imagesTotal, imagesDone + 1);
}
