/** Turns the note of a finished generation into the result that its own process would have had. */
import { AppError } from "../../errors.ts";
import type { ImageServer } from "../../generation/server/image_server.ts";
import type { RequestEnd, RequestNote } from "../../generation/recovery/request_note.ts";
import type { EndedGeneration } from "../generate/write_result.ts";

/**
 * The result of a generation that another process may have run, in the form that `generate image`
 * uses.
 */
export function endedOf(note: RequestNote, { end, server, saveImages }: {
  readonly end: RequestEnd & { readonly made: NonNullable<RequestEnd["made"]> };
  readonly server: ImageServer;
  /** Whether its pictures are to be saved here. */
  readonly saveImages?: boolean | undefined;
}): EndedGeneration {
  const { width, height, prompt, model, images } = note;
  const problem = end.problem ?? (saveImages ? missing(note, end) : null);
  return {
    id: note.id,
    startedAt: note.startedAt,
    durationMs: end.endedAt === null ? null : Math.max(0, end.endedAt - note.startedAt),
    request: {
      prompt,
      model,
      images,
      ...(width === null ? {} : { width }),
      ...(height === null ? {} : { height }),
    },
    result: {
      state: end.state,
      ...end.made,
      errors: [],
      doubts: [],
      notes: [],
      serverMayWork: end.serverMayWork,
      isHeld: false,
      cause: null,
      mayBeMore: end.imagesMade === null,
    },
    imagesMade: end.imagesMade,
    ...(problem === null ? {} : { problem: new AppError(problem.code, problem.message) }),
    server,
  };
}

/** Pictures that came only inside the answer cannot be fetched again. */
function missing(note: RequestNote, end: RequestEnd): RequestEnd["problem"] {
  const count = end.made?.images.length ?? note.images;
  if (end.state !== "complete" || count >= note.images) return null;
  return {
    code: "failed",
    message:
      `Cannot save all pictures of ${note.id}: the server did not keep them, and gave them ` +
      "to the process that had asked for them",
  };
}
