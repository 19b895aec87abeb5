/** The port to the directories that records are kept in, as `doctor` tries them out. */

/** Whether an exclusive lock shuts a second handle out. */
export type LockSupport =
  | { readonly kind: "works" }
  /** A second handle got the lock too. */
  | { readonly kind: "ignored" }
  /** The system refused to lock. */
  | { readonly kind: "refused"; readonly message: string };

/** How it went to make, lock, rename, read and remove a file in a directory. */
export type DirectoryTrial =
  | {
    readonly kind: "works";
    readonly path: string;
    /** False: it will be made when it is first needed; the directory above it was tried. */
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
  /** It is not there yet, and what is above it may not be touched. */
  | { readonly kind: "not_there"; readonly path: string }
  /** Nothing says where it is; `needs`: the flag that lets the variables be read. */
  | { readonly kind: "no_place"; readonly needs: string | null }
  /** Others could put there what is believed; `found` and `advice`: for people. */
  | {
    readonly kind: "not_private";
    readonly path: string;
    readonly found: string;
    readonly advice: string;
  }
  | { readonly kind: "failed"; readonly path: string; readonly message: string };

/** What lies in both places. `null`: Deno does not allow to look, or the system has no such thing. */
export interface PlacesLook {
  /** What holds sessions and is open to other users. */
  readonly openToOthers: readonly string[] | null;
  /** State files that could not be understood and were moved aside. */
  readonly corrupt: readonly string[] | null;
  /** Temporary files that killed processes left behind. */
  readonly temporary: readonly string[] | null;
  /** Owner locks whose process and record are gone; they are swept after a day. */
  readonly deadLocks: number | null;
  /** Locks on the records that another process did not let go while they were looked at. */
  readonly heldLocks: readonly string[] | null;
  /** Logins whose session for questions on the server is kept. */
  readonly logins: number | null;
}

/** The places of the directory and of the user scope. Nothing here throws or leaves a file. */
export interface RecordPlaces {
  /** The state file as it was named. */
  readonly stateFile: string;
  /** `null`: no variable that may be read says where it is. */
  readonly userDirectory: string | null;
  /** Tries the directory of the state file, or of what it links to. */
  tryStateDirectory(): Promise<DirectoryTrial>;
  /** Tries the user's state directory, or what is above it if it is not there yet. */
  tryUserDirectory(): Promise<DirectoryTrial>;
  /** Looks at what lies there. */
  look(serverUrl: string): Promise<PlacesLook>;
}
