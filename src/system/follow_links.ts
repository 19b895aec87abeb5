/** Follows the symlinks of a path that the user named, unless somebody else may have put them there. */
import { splitPath } from "./path_parts.ts";
import { missingFlags, READ_WRITE } from "./permissions.ts";
import { linkedPath } from "./plain_file.ts";
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
 * Says whether a link belongs to this user or the superuser.
 *
 * @param uid This user, as shown by a file that was just made; `null`: not known.
 */
export function isTrustedLink(about: Deno.FileInfo, uid: number | null): boolean {
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
   * @throws {ForeignLinkError} If another user may have made a link.
   * @throws What the system throws.
   */
  require(link: string): void {
    const about = Deno.lstatSync(link);
    if (Deno.build.os === "windows" || isTrustedLink(about, null)) return;
    const { directory } = splitPath(link);
    // Without it, Deno does not allow to change anything there either.
    if (missingFlags(directory, { access: ["read"] }) !== null) return;
    const holder = Deno.statSync(directory);
    if (((holder.mode ?? 0) & OPEN) === 0) return;
    if (this.#uid === undefined) this.#uid = ownerOfNewFile(link);
    if (isTrustedLink(about, this.#uid ?? holder.uid)) return;
    throw new ForeignLinkError(link, { isCertain: this.#uid !== null });
  }
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
 * directories are left as they are.
 *
 * Needs `--allow-read` for the path and for each link.
 *
 * @param how.isEnd Says whether a path is not to be followed any further.
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
    const next = isEnd(current) ? null : linkedPath(current);
    if (next === null) return current;
    owners.require(current);
    current = next;
  }
  throw new Deno.errors.FilesystemLoop("its symbolic links lead in a circle");
}
