/**
 * Packs files into an archive of the usual kind for each system. The same files give the same
 * bytes.
 */
import { zipSync } from "fflate";
import { createTarGzip } from "nanotar";
import type { Target } from "./targets.ts";

/** A file in an archive. */
export interface PackedFile {
  /** Its path in the archive, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** True for a program. */
  readonly isExecutable?: boolean;
}

/** The time of all packed files: the earliest of the format, so that it says nothing. */
const MTIME = new Date("1980-01-01T00:00:00");
/** For zip's host system 3, Unix, the upper half holds the mode of a file. */
const UNIX = 3;

/** Packs files into a `.tar.gz` or a `.zip`, whichever is usual on the target. */
export async function pack(
  files: readonly PackedFile[],
  archive: Target["archive"],
): Promise<Uint8Array> {
  if (archive === "tar.gz") {
    return await createTarGzip(files.map(({ path, bytes, isExecutable }) => ({
      name: path,
      data: bytes,
      attrs: { mode: isExecutable ? "755" : "644", mtime: MTIME.getTime(), uid: 0, gid: 0 },
    })));
  }
  return zipSync(Object.fromEntries(files.map(({ path, bytes, isExecutable }) => {
    const attrs = (isExecutable ? 0o100755 : 0o100644) << 16;
    return [path, [bytes, { os: UNIX, attrs, mtime: MTIME, level: 9 }]];
  })));
}
