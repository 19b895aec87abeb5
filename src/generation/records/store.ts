/**
 * The port through which records are published and read. It works record by record on purpose:
 * nobody can write the whole file, so one process can never lose another's record.
 */
import type { GenerationRecord } from "../generation.ts";
import type { ServerSession } from "../session.ts";

/** Where records are shared: this process, a directory, this user, several machines. */
export type Scope = "process" | "directory" | "user" | "network";

/** A record and, in the private scopes only, the server session that does its work. */
export interface Publication {
  readonly record: GenerationRecord;
  readonly session: ServerSession | null;
}

/** What a store could read. */
export type StoreReading =
  | {
    readonly answered: true;
    readonly publications: readonly Publication[];
    /** For people: what was odd, such as a file that could not be understood. */
    readonly problems: readonly string[];
    /** How many records were not read because there are too many; absent: none. */
    readonly unread?: number;
  }
  | {
    readonly answered: false;
    readonly reason: "permission" | "failed";
    /** The Deno flag that would help, with reason `permission`. */
    readonly needs?: string;
    /** For people, with reason `failed`. */
    readonly message: string;
  };

/** One scope's records. */
export interface GenerationStore {
  readonly scope: Scope;
  /** For people: the file or directory behind it. */
  readonly location: string;
  /** Reads all records without a lock: at once where there are none. Never throws. */
  list(): StoreReading | Promise<StoreReading>;
  /**
   * Adds or replaces one of this process's records.
   *
   * @throws {StateFileError} If it could not be written; the store is unchanged.
   * @throws {PermissionError} If Deno's permission is missing.
   */
  put(publication: Publication): Promise<void>;
  /**
   * Removes one of this process's records. If it is not there, that is a success.
   *
   * @throws {StateFileError} If it could not be written; the store is unchanged.
   */
  remove(id: string): Promise<void>;
  /**
   * Removes records that were judged to be over, if nobody is writing at this moment and each still
   * has the `updatedAt` that was judged. A failure is not an error: somebody else will notice too.
   */
  prune(judged: readonly GenerationRecord[]): Promise<void>;
  /** Yields after each change, by this or another process, until the signal ends it. */
  watch(signal: AbortSignal): AsyncIterable<void>;
}
