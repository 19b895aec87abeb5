import { linkedPath } from "./plain_file.ts";

/** Links one behind another that are followed, as many as Linux follows. */
const LINKS_MAX = 40;

/**
 * What a path leads to through its symlinks, also if nothing is there yet. Links in its directories
 * are left as they are.
 *
 * Needs `--allow-read` for the path and for each link.
 *
 * @param isEnd Says of a path that it is not to be looked at any more.
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
