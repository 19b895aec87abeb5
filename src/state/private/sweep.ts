import { touchTime } from "../../system/look_at.ts";
import { joinPath } from "../../system/path_parts.ts";
import { isTempName, removeIfThere, TEMP_KEPT_MS } from "../../system/replace_file.ts";

/** A file that may be removed. */
export interface SweptFile {
  readonly path: string;
  readonly name: string;
  /** When it was last written, epoch milliseconds. */
  readonly touchedAt: number;
}

/**
 * Removes the files of a directory that nobody needs any more. Never throws: what cannot be checked
 * or removed stays, and so does everything that is not a plain file.
 *
 * Needs `--allow-read` and `--allow-write` for the directory.
 */
export async function sweep(
  directory: string,
  isStale: (file: SweptFile) => boolean | Promise<boolean>,
): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(directory)) {
      const path = joinPath(directory, name);
      const touchedAt = touchTime(path);
      if (touchedAt !== null && await isStale({ path, name, touchedAt })) removeIfThere(path);
    }
  } catch {
    // The main task must not fail because old files cannot be removed.
  }
}

/**
 * Removes the files of a directory that are too old, and the temporary ones that killed processes
 * left. As `sweep()`.
 *
 * @param options.isOwn Says whether a file that is not temporary may be removed.
 */
export async function sweepOld(directory: string, options: {
  readonly nowMs: number;
  /** Age at which a file is too old, in milliseconds. */
  readonly keptMs: number;
  readonly isOwn: (name: string) => boolean;
}): Promise<void> {
  const { nowMs, keptMs, isOwn } = options;
  await sweep(directory, ({ name, touchedAt }) => {
    const isTemp = isTempName(name);
    return (isTemp || isOwn(name)) && nowMs - touchedAt > (isTemp ? TEMP_KEPT_MS : keptMs);
  });
}
