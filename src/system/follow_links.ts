/** Follows the symlinks of a path that the user named, unless somebody else may have put them there. */
import { linkedPath } from "./look_at.ts";
import { joinPath, splitPath } from "./path_parts.ts";
import { missingFlags, READ_WRITE } from "./permissions.ts";
import { removeIfThere, tempPath } from "./replace_file.ts";

/** How many links in a row are followed: as many as Linux follows. */
const LINKS_MAX = 40;
/** The superuser's links are followed too: whoever puts files elsewhere for everybody is trusted. */
const SUPERUSER = 0;
/** The mode bits that let the group or everybody make files in a directory. */
const OPEN = 0o022;

/** Another user may have made a link, to have a file of this user changed. */
export class ForeignLinkError extends Deno.errors.PermissionDenied {
  override readonly name = "ForeignLinkError";

  constructor(link: string, { isCertain }: { readonly isCertain: boolean }) {
    const whose = isCertain ? "a link of another user" : "a link that may be another user's";
    super(`"${link}" is ${whose} (remove it, or name what it leads to)`);
  }
}

/**
 * Says whether a link or directory belongs to this user or the superuser.
 *
 * @param uid This user, as shown by a file that was just made; `null`: not known.
 */
export function isTrustedOwner(about: Deno.FileInfo, uid: number | null): boolean {
  return about.uid === null || about.uid === SUPERUSER || about.uid === uid;
}

/**
 * Decides whose links are followed. The rule is a little stricter than that of Linux
 * (`fs.protected_symlinks`), and holds on every system and for every kind of directory: where others can make
 * files, only links of this user and of the superuser are followed. In a directory that is closed
 * to others, only its owner makes links, and whoever names the directory trusts its owner.
 *
 * Deno tells who this user is only with `--allow-sys=uid`, so a file is made beside the link and
 * removed again, once. Where that is not possible, links of the directory's owner are followed. On
 * Windows, where making links is a right of its own, all are.
 */
export class LinkOwners {
  #uid: number | null | undefined;

  /**
   * Checks a link, and those among the directories that lead to it.
   *
   * @throws {ForeignLinkError} If another user may have made one.
   */
  require(link: string): void {
    if (Deno.build.os === "windows") return;
    this.requireDirectories(link);
    this.#requireOne(link);
  }

  /**
   * Checks the links among the directories that lead to a path. What cannot be looked at is left to
   * whoever uses the path.
   *
   * @throws As `require()`.
   */
  requireDirectories(path: string, seen: Set<string> = new Set()): void {
    if (Deno.build.os === "windows" || seen.size > LINKS_MAX) return;
    const { directory } = splitPath(path);
    for (let at = 0; at <= directory.length; at++) {
      if (at < directory.length && directory[at] !== "/") continue;
      const place = directory.slice(0, at);
      if (place === "" || seen.has(place) || isOfSystem(place)) continue;
      const next = lookedThrough(place);
      if (next === null) continue;
      seen.add(place);
      this.#requireOne(place);
      this.requireDirectories(joinPath(next, "x"), seen);
    }
  }

  #requireOne(link: string): void {
    const about = Deno.lstatSync(link);
    if (isTrustedOwner(about, null)) return;
    const { directory } = splitPath(link);
    // Without it, Deno does not allow to change anything there either.
    if (missingFlags(directory, { access: ["read"] }) !== null) return;
    const holder = Deno.statSync(directory);
    if (((holder.mode ?? 0) & OPEN) === 0) return;
    if (this.#uid === undefined) this.#uid = ownerOfNewFile(link);
    if (isTrustedOwner(about, this.#uid ?? holder.uid)) return;
    throw new ForeignLinkError(link, { isCertain: this.#uid !== null });
  }
}

/** The target of a link; `null` if it is none, or cannot be looked at. */
function lookedThrough(path: string): string | null {
  try {
    return missingFlags(path, { access: ["read"] }) === null ? linkedPath(path) : null;
  } catch {
    return null;
  }
}

/**
 * Whether a path belongs to the system; the target of its link may have no name (`pipe:[4711]`).
 */
function isOfSystem(path: string): boolean {
  return /^\/(dev|proc)(\/|$)/.test(path);
}

/** The owner of files that this process makes; `null` if it may make none there. */
function ownerOfNewFile(beside: string): number | null {
  if (missingFlags(splitPath(beside).directory, { access: READ_WRITE }) !== null) return null;
  const path = tempPath(beside);
  try {
    using file = Deno.openSync(path, { write: true, createNew: true });
    return file.statSync().uid;
  } catch {
    // The directory is read-only, full, or not open to this user.
    return null;
  } finally {
    removeIfThere(path);
  }
}

/**
 * The target of a path through its symlinks, even if the target does not exist. Links in its
 * directories are checked and left as they are. Names of the system (`/dev`, `/proc`) are not
 * followed.
 *
 * Needs `--allow-read` for the path and for each link.
 *
 * @param how.isEnd Says which other paths are not to be followed any further.
 * @param how.owners Decides whose links are followed.
 * @throws {ForeignLinkError} If another user may have made a link.
 * @throws {Deno.errors.FilesystemLoop} If links lead in a circle.
 */
export function followLinks(path: string, how: {
  readonly isEnd?: (path: string) => boolean;
  readonly owners?: LinkOwners;
} = {}): string {
  const { isEnd = () => false, owners = new LinkOwners() } = how;
  let current = path;
  for (let hops = 0; hops <= LINKS_MAX; hops++) {
    const next = isOfSystem(current) || isEnd(current) ? null : linkedPath(current);
    if (next === null) {
      owners.requireDirectories(current);
      return current;
    }
    owners.require(current);
    current = next;
  }
  throw new Deno.errors.FilesystemLoop("its symbolic links lead in a circle");
}
