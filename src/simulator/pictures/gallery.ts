/** The saved pictures, drawn when they are downloaded (`swarmui-protocol.md §3.4, §7.7`). */
import { drawPicture, type Picture } from "./draw_picture.ts";

/** A saved picture. */
export interface SavedPicture {
  /** Path below the user's folder, with its extension. */
  readonly path: string;
  readonly metadata: string | null;
}

interface Entry extends SavedPicture {
  readonly picture: Picture;
  drawn: Uint8Array | null;
}

/** Pictures of all users; they are kept over restarts of the server. */
export class Gallery {
  readonly #users = new Map<string, Map<string, Entry>>();

  /**
   * Saves a picture under a name that is still free.
   *
   * @param user Whose folder.
   * @param options.path Without extension; `-1`, `-2` … is added if it is taken.
   * @returns The path with its extension.
   */
  save(
    user: string,
    options: { readonly path: string; readonly picture: Picture },
  ): string {
    const entries = this.#users.get(user) ?? new Map<string, Entry>();
    this.#users.set(user, entries);
    let path = `${options.path}.png`;
    for (let number = 1; entries.has(path); number++) path = `${options.path}-${number}.png`;
    const { picture } = options;
    entries.set(path, { path, picture, metadata: picture.metadata, drawn: null });
    return path;
  }

  /** All pictures of a user, oldest first. */
  list(user: string): readonly SavedPicture[] {
    return [...this.#users.get(user)?.values() ?? []];
  }

  /** A picture's file; `null` if there is none. */
  open(user: string, path: string): Uint8Array | null {
    const entry = this.#users.get(user)?.get(path);
    if (entry === undefined) return null;
    entry.drawn ??= drawPicture(entry.picture);
    return entry.drawn;
  }

  /** Removes a picture, as an extension that discards it does. */
  remove(user: string, path: string): void {
    this.#users.get(user)?.delete(path);
  }
}
