import { linkedPath } from "./plain_file.ts";

/** How many links in a row are followed: as many as Linux follows. */
const LINKS_MAX = 40;

/**
 * The target of a path through its symlinks, even if the target does not exist. Links in its
 * directories are left as they are.
 *
 * Needs `--allow-read` for the path and for each link.
 *
 * @param isEnd Says whether a path is not to be followed any further.
 * @throws {Deno.errors.FilesystemLoop} If links lead in a circle.
 */
export function followLinks(path: string, isEnd: (path: string) => boolean = () => false): string {
  let current = path;
  for (let hops = 0; hops <= LINKS_MAX; hops++) {
    const next = isEnd(current) ? null : linkedPath(current);
    if (next === null) return current;
    current = next;
  }
  throw new Deno.errors.FilesystemLoop("its symbolic links lead in a circle");
}
