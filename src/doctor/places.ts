/** The port for the directories that hold records, which `doctor` tries out. */

/** Whether an exclusive lock keeps a second handle from getting it. */
export type LockSupport =
  | { readonly kind: "works" }
  /** A second handle got the lock too. */
  | { readonly kind: "ignored" }
  /** The system refused to lock the file. */
  | { readonly kind: "refused"; readonly message: string };

/** The result of making, locking, renaming, reading and removing a file in a directory. */
export type DirectoryTrial =
  | {
    readonly kind: "works";
    readonly path: string;
    /** False: it is made when it is first needed; the directory above it was tried instead. */
    readonly exists: boolean;
    readonly locks: LockSupport;
  }
  | {
    readonly kind: "permission";
    readonly path: string;
    /** Deno's flags. */
    readonly needs: string;
    readonly canRead: boolean;
  }
  /** It does not exist yet, and the directory above it must not be touched. */
  | { readonly kind: "not_there"; readonly path: string }
  /** It is not known where it is; `needs`: the flag with which the variables can be read. */
  | { readonly kind: "no_place"; readonly needs: string | null }
  /** Other users could put false records there; `found` and `advice`: for people. */
  | {
    readonly kind: "not_private";
    readonly path: string;
    readonly found: string;
    readonly advice: string;
  }
  | { readonly kind: "failed"; readonly path: string; readonly message: string };

/**
 * What was found in both places. `null`: Deno does not allow to look, or the system does not have
 * this.
 */
export interface PlacesLook {
  /** Files with sessions that other users can read. */
  readonly openToOthers: readonly string[] | null;
  /** State files that could not be understood and were moved aside. */
  readonly corrupt: readonly string[] | null;
  /** Temporary files that killed processes left behind. */
  readonly temporary: readonly string[] | null;
  /** Owner locks without a process and a record; they are removed after a day. */
  readonly deadLocks: number | null;
  /** Locks on the records that another process held all the time while they were looked at. */
  readonly heldLocks: readonly string[] | null;
  /** Logins that have a kept session for questions on this server. */
  readonly logins: number | null;
}

/**
 * The places of the directory scope and the user scope. Nothing here throws or leaves a file
 * behind.
 */
export interface RecordPlaces {
  /** The state file as it was named. */
  readonly stateFile: string;
  /** `null`: no readable variable says where it is. */
  readonly userDirectory: string | null;
  /** Tries the directory of the state file, or of the file that it links to. */
  tryStateDirectory(): Promise<DirectoryTrial>;
  /** Tries the user's state directory, or the one above it if it does not exist yet. */
  tryUserDirectory(): Promise<DirectoryTrial>;
  /** Looks at the files in both places. */
  look(serverUrl: string): Promise<PlacesLook>;
}
