import { splitPath } from "../../system/path_parts.ts";
import { missingFlags } from "../../system/permissions.ts";
import { resolveLinks } from "./state_file.ts";
import { fingerprint, type WatchOptions } from "./loaded_later.ts";

/** How long it waits for more events, in milliseconds: replacing a file sends about eight. */
const SETTLE_MS = 15;
const LOOK_WATCHED_MS = 2_000;
const LOOK_UNWATCHED_MS = 500;

/** Remembers that something happened until somebody takes notice. */
export class Bell {
  #isRung = false;
  #wake: () => void = () => {};

  /** Says whether it was rung since the last `takeRing()`. */
  get isRung(): boolean {
    return this.#isRung;
  }

  /** Rings it, and wakes whoever waits. */
  ring(): void {
    this.#isRung = true;
    this.#wake();
  }

  /** Says whether it was rung, and resets it. */
  takeRing(): boolean {
    const wasRung = this.#isRung;
    this.#isRung = false;
    return wasRung;
  }

  /** Waits for a ring, at most for some milliseconds. */
  async wait(ms: number): Promise<void> {
    if (this.#isRung) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}

/** What a watcher watches. */
export interface Watched {
  readonly directory: string;
  /** Which of the directory's files count, by name. */
  readonly isRelevant: (name: string) => boolean;
  readonly bell: Bell;
}

/** Rings a bell at each event of a relevant file. */
export class DirectoryWatcher {
  readonly #directory: string;
  /** Distinguishes the directory from another one that got its name. */
  readonly #inode: number | null;
  readonly #events: Deno.FsWatcher;
  readonly #listening: Promise<void>;
  #isOver = false;

  /**
   * Needs `--allow-read` for the directory.
   *
   * @throws What the system throws if it cannot watch.
   */
  constructor(watched: Watched) {
    this.#directory = watched.directory;
    this.#inode = inodeOf(watched.directory);
    this.#events = Deno.watchFs(watched.directory, { recursive: false });
    this.#listening = this.#listen(watched);
  }

  /** Says whether it watches the directory that has this path now. */
  isOf(directory: string): boolean {
    return !this.#isOver && this.#directory === directory && this.#inode === inodeOf(directory);
  }

  /** Stops listening. */
  async close(): Promise<void> {
    this.#events.close();
    await this.#listening;
  }

  async #listen({ isRelevant, bell }: Watched): Promise<void> {
    try {
      for await (const event of this.#events) {
        // The end of a write is reported as an access, after the change itself. Reading may be
        // reported too, and whoever answers a change by reading would never stop.
        if (event.kind === "access" || event.kind === "other") continue;
        // The directory itself is gone; another one with its name may even get its inode number.
        if (event.kind === "remove" && event.paths.includes(this.#directory)) break;
        if (event.paths.some((path) => isRelevant(splitPath(path).name))) bell.ring();
      }
    } catch {
      // The next look finds that it is over, and tries again.
    }
    this.#isOver = true;
    bell.ring();
  }
}

/**
 * Keeps a watcher that still watches its directory, else closes it and makes a new one.
 *
 * @returns `null` if none can be made: no such directory, no permission, no more watches.
 */
export async function renewWatcher(
  watcher: DirectoryWatcher | null,
  watched: Watched,
): Promise<DirectoryWatcher | null> {
  const { directory } = watched;
  if (watcher?.isOf(directory)) return watcher;
  await watcher?.close();
  if (missingFlags(directory, { access: ["read"] }) !== null) return null;
  try {
    return new DirectoryWatcher(watched);
  } catch {
    // The directory does not exist yet, or the system has no more watches: only looking remains.
    return null;
  }
}

function inodeOf(directory: string): number | null {
  try {
    return Deno.statSync(directory).ino;
  } catch {
    return null;
  }
}

/**
 * Yields whenever a path has changed; see `watchPath()`.
 *
 * @param first Its fingerprint when the watch began.
 */
export async function* watchChanges(
  first: string,
  options: WatchOptions & { readonly path: string },
): AsyncGenerator<void> {
  const { path, signal } = options;
  const bell = new Bell();
  const onAbort = () => bell.ring();
  signal.addEventListener("abort", onAbort);
  let seen = first;
  let watcher: DirectoryWatcher | null = null;
  try {
    while (!signal.aborted) {
      watcher = await renewWatcher(watcher, { ...watchedDirectory(path, options), bell });
      if (signal.aborted) return;
      const wasRung = bell.takeRing();
      const now = fingerprint(path);
      if (wasRung || now !== seen) {
        seen = now;
        yield;
      } else {
        const lookMs = watcher === null ? LOOK_UNWATCHED_MS : LOOK_WATCHED_MS;
        await bell.wait(options.lookEveryMs ?? lookMs);
        if (!signal.aborted && bell.isRung) await settle();
      }
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    await watcher?.close();
  }
}

function watchedDirectory(path: string, options: WatchOptions): Omit<Watched, "bell"> {
  const { isRelevant } = options;
  if (isRelevant !== undefined) return { directory: path, isRelevant };
  const { directory, name } = splitPath(resolvedIfAllowed(path));
  return { directory, isRelevant: (other) => other === name };
}

function resolvedIfAllowed(path: string): string {
  if (missingFlags(splitPath(path).directory, { access: ["read"] }) !== null) return path;
  try {
    return resolveLinks(path);
  } catch {
    return path;
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
