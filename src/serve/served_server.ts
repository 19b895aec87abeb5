/** A server whose state is served. */
import type { SharedLook } from "../detection/shared_look.ts";

/** See the top of this file. */
export interface ServedServer {
  /** Its name in the configuration file; `null`: it is the only one. */
  readonly name: string | null;
  readonly look: SharedLook;
}
