/**
 * Notes of requests, in `requests/` of the user's state directory: one private file each. A note is
 * kept for a day after it was last written (`docs/state-file.md`).
 */
import type { ErrorCode } from "../../errors.ts";
import type { MadeImage } from "../../generation/server/image_server.ts";
import type {
  RequestEnd,
  RequestLog,
  RequestNote,
} from "../../generation/recovery/request_note.ts";
import { bareImage } from "../../generation/recovery/request_note.ts";
import { flagOrNull, isJsonObject, textOrNull } from "../../json_object.ts";
import { touchTime } from "../../system/look_at.ts";
import { missingFlags } from "../../system/permissions.ts";
import { joinPath } from "../../system/path_parts.ts";
import { putDayFile, readDayFile } from "./day_files.ts";
import { isRecordName, trustedDirectory, type UserStateOptions } from "./private_directory.ts";

const DIRECTORY = "requests";
/** A longer note, in characters, is kept without its pictures: no larger file is read. */
const TEXT_MAX = 500_000;

/**
 * The notes of this user. `find()` and `ids()` need `--allow-read` for the directory, `put()` also
 * `--allow-write`; without them it is empty and keeps nothing.
 */
export function createRequestLog(options: UserStateOptions): RequestLog {
  const files = { name: DIRECTORY, options };
  return {
    put: async (note) => await putDayFile(files, note.id, () => encodeNote(note)),
    find: (id) => Promise.resolve(decodeNote(readDayFile(files, id), id)),
    async ids(): Promise<readonly string[]> {
      if (missingFlags(options.directory, { access: ["read"] }) !== null) return [];
      try {
        const directory = trustedDirectory(DIRECTORY, options);
        if (directory === null) return [];
        const entries = await Array.fromAsync(Deno.readDir(directory.path));
        return entries.map(({ name }) => name).filter(isRecordName)
          .map((name) => ({ name, writtenAt: touchTime(joinPath(directory.path, name)) ?? 0 }))
          .sort((one, other) => other.writtenAt - one.writtenAt)
          .map(({ name }) => name.replace(/\.json$/, ""));
      } catch {
        return [];
      }
    },
  };
}

/** If a note is too long, the details of the pictures are left out, and then the pictures too. */
function encodeNote(note: RequestNote): string {
  const { end } = note;
  const whole = JSON.stringify(note);
  if (whole.length <= TEXT_MAX) return `${whole}\n`;
  if (end === null || end.made === null) return `${JSON.stringify({ ...note, announced: [] })}\n`;
  const made = { images: end.made.images.map(bareImage), extras: end.made.extras.map(bareImage) };
  const shorter = JSON.stringify({ ...note, end: { ...end, made } });
  if (shorter.length <= TEXT_MAX) return `${shorter}\n`;
  return `${JSON.stringify({ ...note, end: { ...end, made: null } })}\n`;
}

/**
 * Only this tool writes these files, in a directory that nobody else can write to. If anything is
 * wrong with one, it counts as missing.
 */
function decodeNote(value: unknown, id: string): RequestNote | null {
  if (!isJsonObject(value) || value["id"] !== id) return null;
  const [serverUrl, model, prompt] = [value["serverUrl"], value["model"], value["prompt"]];
  const [images, startedAt] = [value["images"], value["startedAt"]];
  if (typeof serverUrl !== "string" || typeof model !== "string" || typeof prompt !== "string") {
    return null;
  }
  if (!isCount(images) || !isCount(startedAt)) return null;
  return {
    id,
    serverUrl,
    model,
    prompt,
    images,
    batchSize: Math.max(1, numberOf(value["batchSize"]) ?? 1),
    startedAt,
    tag: textOrNull(value["tag"]),
    seed: textOrNull(value["seed"]),
    width: numberOf(value["width"]),
    height: numberOf(value["height"]),
    steps: numberOf(value["steps"]),
    doNotSave: value["doNotSave"] === true,
    isAccepted: value["isAccepted"] === true,
    announced: decodeImages(value["announced"]),
    end: decodeEnd(value["end"]),
  };
}

const STATES = ["complete", "interrupted", "timed_out", "failed"] as const;

function decodeEnd(value: unknown): RequestEnd | null {
  if (!isJsonObject(value)) return null;
  const state = STATES.find((one) => one === value["state"]);
  if (state === undefined) return null;
  const made = value["made"];
  const work = value["serverMayWork"];
  return {
    state,
    endedAt: numberOf(value["endedAt"]),
    made: isJsonObject(made)
      ? { images: decodeImages(made["images"]), extras: decodeImages(made["extras"]) }
      : null,
    imagesMade: numberOf(value["imagesMade"]),
    serverMayWork: flagOrNull(work),
    problem: decodeProblem(value["problem"]),
  };
}

function decodeImages(value: unknown): readonly MadeImage[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isJsonObject).flatMap((image) => {
    const path = textOrNull(image["path"]);
    if (path === null) return [];
    const { metadata } = image;
    return [{
      index: numberOf(image["index"]),
      path,
      seed: textOrNull(image["seed"]),
      ...(isJsonObject(metadata) ? { metadata } : {}),
    }];
  });
}

/** The codes that a note can hold: reported again later, the problem ends in the same exit code. */
const CODES: readonly ErrorCode[] = [
  "failed",
  "timed_out",
  "not_permitted",
  "unreachable",
  "refused",
  "interrupted",
  "unknown",
];

function decodeProblem(value: unknown): RequestEnd["problem"] {
  if (!isJsonObject(value)) return null;
  const message = textOrNull(value["message"]);
  if (message === null) return null;
  return { code: CODES.find((code) => code === value["code"]) ?? "failed", message };
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : null;
}

function isCount(value: unknown): value is number {
  return numberOf(value) !== null && Number(value) >= 0;
}
