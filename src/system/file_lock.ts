/**
 * An exclusive lock between processes, on a separate file that is never removed or replaced: a lock
 * on the state file itself would be lost with each rename.
 *
 * How it waits: a process cannot leave the system's queue for locks, and a stopped holder would
 * keep it there for ever. So the lock is tried again and again, with pauses that get shorter as a
 * wait gets longer. Whoever has waited longest tries most often, so new processes cannot starve it.
 *
 * Not guaranteed: that nobody gets in at the moment in which somebody removes the lock file of its
 * holder; an order among waiting processes; anything on a file system whose locks are not shared
 * between machines (some network file systems), or if another program ignores the lock (`flock(1)`
 * and Deno obey it). A holder that dies releases it at once. A holder that is stopped keeps it, and
 * every waiting process gives up in the end. After that, it does not wait again until it has seen
 * the lock free: frequent publications must not wait each time.
 */
import { StateFileError } from "../errors.ts";
import { NotPlainFileError } from "./look_at.ts";
import { openPlain } from "./plain_file.ts";

/** The longest time to wait for a lock, in milliseconds. */
const DEFAULT_WAIT_MS = 3_000;
/**
 * The same after a wait that failed: a few tries, so that another process's short write does not
 * count as a failure.
 */
const GIVEN_UP_WAIT_MS = 50;
/** The longest and shortest mean pause between two tries, and when the shortest is reached. */
const LONG_PAUSE_MS = 40;
const SHORT_PAUSE_MS = 5;
const ELDER_AFTER_MS = 1_000;

/** Takes locks one after another: two handles of one process would block each other. */
export class FileLock {
  readonly #waitMs: number;
  readonly #fileMode: number | undefined;
  /** Lock files that were waited for without success, and not seen free since. */
  readonly #givenUp = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param options.waitMs How long to wait for a lock, in milliseconds. @default {3000}
   * @param options.fileMode Mode of a new lock file; absent: the system's default.
   */
  constructor(options: {
    readonly waitMs?: number | undefined;
    readonly fileMode?: number;
  } = {}) {
    this.#waitMs = options.waitMs ?? DEFAULT_WAIT_MS;
    this.#fileMode = options.fileMode;
  }

  /**
   * Runs an action under the lock; calls run in their order.
   *
   * @param path The lock file; it is made if it is missing. Needs `--allow-read` and
   * `--allow-write` for it.
   * @throws {StateFileError} If another process held the lock all the time since the call, or the
   * path is not a plain file but a link or a named pipe.
   */
  exclusive<T>(path: string, action: () => T | Promise<T>): Promise<T> {
    const endMs = performance.now() + this.#waitMs;
    return this.#inTurn(async () => {
      const soonMs = performance.now() + GIVEN_UP_WAIT_MS;
      using _held = await this.#acquire(
        path,
        this.#givenUp.has(path) ? Math.min(endMs, soonMs) : endMs,
      );
      return await action();
    });
  }

  /** Runs an action only if nobody holds the lock at this moment; says whether it ran. */
  tryExclusive(path: string, action: () => void | Promise<void>): Promise<boolean> {
    return this.#inTurn(async () => {
      using file = await this.#open(path);
      if (!file.tryLockSync(true) || !isStillAt(path, file)) return false;
      await action();
      return true;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #acquire(path: string, endMs: number): Promise<Disposable> {
    const startMs = performance.now();
    let file: Deno.FsFile | null = null;
    try {
      for (let tries = 0;; tries++) {
        file ??= await this.#open(path);
        if (file.tryLockSync(true)) {
          if (isStillAt(path, file)) {
            this.#givenUp.delete(path);
            return file;
          }
          file.close();
          file = null;
        }
        const nowMs = performance.now();
        if (nowMs >= endMs) {
          this.#givenUp.add(path);
          throw this.#timedOut(path);
        }
        await pause(Math.min(pauseMs(tries, nowMs - startMs), endMs - nowMs));
      }
    } catch (error) {
      file?.close();
      throw error;
    }
  }

  async #open(path: string): Promise<Deno.FsFile> {
    try {
      return await openPlain(path, { write: true, make: { mode: this.#fileMode } });
    } catch (error) {
      if (error instanceof NotPlainFileError) {
        throw new StateFileError(`Cannot lock "${path}": ${error.message} (remove it)`);
      }
      if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
      return await openForeign(path, error);
    }
  }

  #timedOut(path: string): StateFileError {
    return new StateFileError(
      `Cannot lock "${path}": another process held it for ${this.#waitMs / 1000} s ` +
        "(continue or end the process that is stopped)",
    );
  }
}

/**
 * Opens another user's lock file in a shared directory: a lock does not need the right to write.
 */
async function openForeign(path: string, refusal: Error): Promise<Deno.FsFile> {
  try {
    return await openPlain(path, { write: false });
  } catch (error) {
    // It does not exist and must not be made: the first error says more.
    throw error instanceof Deno.errors.NotFound ? refusal : error;
  }
}

/**
 * A change takes less than a millisecond, so the first pause is short; later pauses depend on the
 * age of the wait.
 */
function pauseMs(tries: number, waitedMs: number): number {
  const meanMs = tries === 0
    ? SHORT_PAUSE_MS / 2
    : Math.max(SHORT_PAUSE_MS, LONG_PAUSE_MS * (1 - waitedMs / ELDER_AFTER_MS));
  return meanMs * (0.5 + Math.random());
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Somebody may have removed the lock file: a lock on a removed file keeps nobody out. */
function isStillAt(path: string, file: Deno.FsFile): boolean {
  try {
    return Deno.lstatSync(path).ino === file.statSync().ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
