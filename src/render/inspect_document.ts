/** What is in picture files as one JSON document, `schemas/inspect.v1.json`. Pure. */
import { textOrNull } from "../json_object.ts";
import type { PictureFile } from "../generation/pictures/picture_file.ts";
import type { PictureOrigin } from "../generation/pictures/picture_origin.ts";
import {
  extrasIn,
  lorasIn,
  negativePromptIn,
  parametersIn,
  promptIn,
  seedIn,
} from "../generation/pictures/swarm_metadata.ts";
import type { DocumentError } from "./status/status_document.ts";

/** A file that was inspected. */
export interface InspectedFile {
  /** The name as it was given. */
  readonly file: string;
  /** `null`: it could not be read. */
  readonly picture: PictureFile | null;
  readonly origin: PictureOrigin | null;
  /** The command that makes the picture again; `null`: none is known. */
  readonly command: string | null;
  readonly error: DocumentError | null;
}

/** SwarmUI's data about a picture, by the names of the document. */
export interface SwarmFacts {
  readonly prompt: string | null;
  readonly original_prompt: string | null;
  readonly negative_prompt: string | null;
  readonly model: string | null;
  readonly seed: string | null;
  readonly loras: readonly { readonly name: string; readonly weight: number | null }[];
  readonly generation_id: string | null;
}

/** Makes the document of `inspect`. */
export function inspectDocument(
  files: readonly InspectedFile[],
  error: DocumentError | null,
): Readonly<Record<string, unknown>> {
  return { schema_version: 1, files: files.map(fileDocument), error };
}

/** The data about a picture if SwarmUI wrote it; else every field is `null`. */
export function swarmFacts(origin: PictureOrigin | null): SwarmFacts {
  const metadata = origin?.program === "SwarmUI" ? origin.metadata : null;
  const { original_prompt, asset_generator_id } = extrasIn(metadata);
  const { model } = parametersIn(metadata);
  return {
    prompt: promptIn(metadata),
    original_prompt: textOrNull(original_prompt),
    negative_prompt: negativePromptIn(metadata),
    model: textOrNull(model),
    seed: seedIn(metadata),
    loras: lorasIn(metadata),
    generation_id: textOrNull(asset_generator_id),
  };
}

function fileDocument(
  { file, picture, origin, command, error }: InspectedFile,
): Readonly<Record<string, unknown>> {
  return {
    file,
    format: picture?.format ?? null,
    bytes: picture?.bytes ?? null,
    truncated: picture?.isCut ?? null,
    width: picture?.width ?? null,
    height: picture?.height ?? null,
    program: origin?.program ?? null,
    ...swarmFacts(origin),
    metadata: metadataOf(origin),
    texts: picture?.texts ?? {},
    command,
    error,
  };
}

function metadataOf(origin: PictureOrigin | null): unknown {
  switch (origin?.program) {
    case "SwarmUI":
      return origin.metadata;
    case "A1111":
      return { parameters: origin.parameters };
    case "ComfyUI":
      return { prompt: origin.prompt, workflow: origin.workflow };
    default:
      return null;
  }
}
