/**
 * The claims of this user on this machine, in `claims/` of the user's state directory: one file, mode
 * 0600, changed under a lock and replaced in one step.
 */
import { AppError, systemReason } from "../../errors.ts";
import {
  type Claim,
  type ClaimsReading,
  type ClaimStore,
  decodeClaim,
  encodeClaim,
  holderOf,
} from "../../generation/claim.ts";
import { isJsonObject, parseJson } from "../../json_object.ts";
import { FileLock } from "../../system/file_lock.ts";
import { joinPath } from "../../system/path_parts.ts";
import { missingFlags } from "../../system/permissions.ts";
import { findTempFiles, removeIfThere, replaceFile } from "../../system/replace_file.ts";
import { changeState } from "../state_change.ts";
import { makePrivateDirectory } from "./make_private_directory.ts";
import {
  type PrivateDirectory,
  trustedDirectory,
  type UserStateOptions,
} from "./private_directory.ts";
import { PRIVATE_FILE_MODE, readPrivateText } from "./private_text.ts";

const DIRECTORY = "claims";
const FILE = "claims.json";
/** So far the clock may have been set back since a claim was taken, in milliseconds. */
const MOST_AHEAD_MS = 24 * 3_600_000;

/**
 * The claims of this user. `list()` needs `--allow-read` for the directory, all else `--allow-write`
 * too.
 */
export function createClaimFile(options: UserStateOptions): ClaimStore {
  return new ClaimFile(options);
}

class ClaimFile implements ClaimStore {
  readonly #options: UserStateOptions;
  readonly #lock = new FileLock({ fileMode: PRIVATE_FILE_MODE });

  constructor(options: UserStateOptions) {
    this.#options = options;
  }

  list(): Promise<ClaimsReading> {
    return Promise.resolve(this.#list());
  }

  #list(): ClaimsReading {
    const { directory: base } = this.#options;
    const action = `Cannot read this user's claims in "${base}"`;
    if (missingFlags(base, { access: ["read"] }) !== null) {
      const message = `${action}: Deno does not allow it`;
      return { answered: false, code: "not_permitted", message };
    }
    try {
      const directory = trustedDirectory(DIRECTORY, this.#options);
      const claims = directory === null ? [] : this.#read(directory);
      return { answered: true, claims };
    } catch (error) {
      const message = error instanceof AppError
        ? error.message
        : `${action}: ${systemReason(error)}`;
      return { answered: false, code: "state_file", message };
    }
  }

  async take(claim: Claim): Promise<Claim | null> {
    // Many may wait for a claim that is held: nobody needs the lock to see that.
    const known = this.#list();
    const held = known.answered ? holderOf(claim, known.claims) : null;
    if (held !== null && held.id !== claim.id) return held;
    return await this.#change("Cannot take a claim", (claims) => {
      const others = claims.filter(({ id }) => id !== claim.id);
      const holder = holderOf(claim, others);
      return { result: holder, claims: holder === null ? [...others, claim] : null };
    });
  }

  async release(id: string): Promise<boolean> {
    return await this.#change("Cannot give a claim back", (claims) => {
      const left = claims.filter((claim) => claim.id !== id);
      const isThere = left.length < claims.length;
      return { result: isThere, claims: isThere ? left : null };
    });
  }

  /** @param change Says what becomes of the claims; `null`: they stay as they are. */
  async #change<T>(
    action: string,
    change: (claims: readonly Claim[]) => {
      readonly result: T;
      readonly claims: readonly Claim[] | null;
    },
  ): Promise<T> {
    const { directory: base } = this.#options;
    return await changeState({ directory: base, action: `${action} in "${base}"` }, async () => {
      const directory = makePrivateDirectory(DIRECTORY, this.#options);
      return await this.#lock.exclusive(joinPath(directory.path, ".lock"), async () => {
        const { result, claims } = change(this.#read(directory));
        if (claims !== null) {
          const path = joinPath(directory.path, FILE);
          // What killed processes have left: nobody else writes now.
          for (const left of await findTempFiles(path)) removeIfThere(left);
          const text = `${JSON.stringify({ claims: claims.map(encodeClaim) }, null, 2)}\n`;
          await replaceFile(path, text, { mode: PRIVATE_FILE_MODE });
        }
        return result;
      });
    });
  }

  /** What cannot be understood holds nothing: a claim that nobody can read nobody could give back. */
  #read(directory: PrivateDirectory): readonly Claim[] {
    const value = parseJson(readPrivateText(directory, FILE) ?? "");
    const claims = isJsonObject(value) ? value["claims"] : null;
    const nowMs = this.#options.clock.now();
    return (Array.isArray(claims) ? claims : []).map(decodeClaim)
      .filter((claim) => claim !== null)
      .filter((claim) => isHeld(claim, nowMs));
  }
}

/**
 * A clock that is set back makes a claim last longer, since there must never be two holders. But a
 * claim that is dated more than a day into the future was taken while the clock was wrong; it would
 * last for years.
 */
function isHeld({ takenAt, expiresAt }: Claim, nowMs: number): boolean {
  return nowMs < expiresAt && takenAt - nowMs <= MOST_AHEAD_MS;
}
