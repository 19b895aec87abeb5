import { missingFlags } from "../../system/permissions.ts";
import { splitPath } from "../../system/path_parts.ts";

/** Remembers that it was rung until somebody takes notice. */
export class Bell {
  #isRung = false;
  #wake: () => void = () => {};

  /** Says whether it was rung since the last `takeRing()`. */
  get isRung(): boolean {
    return this.#isRung;
  }

  /** Rings it, and wakes who waits. */
  ring(): void {
    this.#isRung = true;
    this.#wake();
  }

  /** Says whether it was rung, and forgets it. */
  takeRing(): boolean {
    const wasRung = this.#isRung;
    this.#isRung = false;
    return wasRung;
  }

  /** Waits for a ring, or for some milliseconds. */
  async wait(ms: number): Promise<void> {
    if (this.#isRung) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}

/** What a watcher listens to. */
export interface Watched {
  readonly directory: string;
  /** Which of the directory's files count, by name. */
  readonly isRelevant: (name: string) => boolean;
  readonly bell: Bell;
}

/** Rings a bell at each event of a relevant file. */
export class DirectoryWatcher {
  readonly #directory: string;
  /** Tells a directory from another one that took its name. */
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

  /** Says whether it listens to the directory that has this path now. */
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
        // The end of a write is an access, told after the change itself; so may reading be, and
        // whoever answers a change by reading would never end.
        if (event.kind === "access" || event.kind === "other") continue;
        if (event.paths.some((path) => isRelevant(splitPath(path).name))) bell.ring();
      }
    } catch {
      // The next look finds that it is over, and tries anew.
    }
    this.#isOver = true;
  }
}

/**
 * Keeps a watcher that is still of its directory, else closes it and makes a new one.
 *
 * @returns `null` where none can be had: no such directory, no permission, no more watches.
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
    // Not there yet, or no more watches to be had: looking is what remains.
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
