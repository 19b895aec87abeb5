/**
 * The user scope if its directory is not known, because no readable variable gives it. It answers
 * that it cannot answer, so that the evidence names what is missing.
 */
import type { WaitStore } from "../detection/idle_wait.ts";
import { PermissionError, StateFileError } from "../errors.ts";
import type { LoginStore } from "../generation/server/account.ts";
import type { ClaimStore } from "../generation/claim.ts";
import type { LockState, OwnerHold, OwnerLocks } from "../generation/records/owner.ts";
import type { GenerationStore, StoreReading } from "../generation/records/store.ts";
import { firstAbort } from "../generation/until_aborted.ts";

/**
 * A store of the user scope that holds nothing and keeps nothing.
 *
 * @param needs The flag that allows to read the variables; `null` if none of them is set.
 */
export function createMissingUserStore(needs: string | null): GenerationStore {
  const message = missingMessage(needs);
  return {
    scope: "user",
    location: "the user's state directory",
    list: () =>
      Promise.resolve<StoreReading>(
        needs === null
          ? { answered: false, reason: "failed", message }
          : { answered: false, reason: "permission", needs, message },
      ),
    put: () => Promise.reject(missingError(needs)),
    remove: () => Promise.resolve(),
    prune: () => Promise.resolve(),
    watch: nothing,
  };
}

/** Owner locks that cannot be checked or taken; see `createMissingUserStore()`. */
export function createMissingOwnerLocks(needs: string | null): OwnerLocks {
  return {
    hold: (): Promise<OwnerHold> => Promise.reject(missingError(needs)),
    probe: (): Promise<LockState> => Promise.resolve("unseen"),
  };
}

/** Claims that cannot be kept; see `createMissingUserStore()`. */
export function createMissingClaims(needs: string | null): ClaimStore {
  return {
    list: () => {
      const { code, message } = missingError(needs);
      return Promise.resolve({ answered: false, code, message });
    },
    take: () => Promise.reject(missingError(needs)),
    release: () => Promise.reject(missingError(needs)),
  };
}

/** Waits that cannot be kept; see `createMissingUserStore()`. */
export function createMissingWaitStore(needs: string | null): WaitStore {
  return {
    update: () => Promise.reject(missingError(needs)),
  };
}

/** Logins that cannot be kept; see `createMissingUserStore()`. */
export function createMissingLoginStore(needs: string | null): LoginStore {
  const missing = (): Promise<never> => Promise.reject(missingError(needs));
  return {
    prepare: missing,
    find: () => Promise.resolve(null),
    list: () => Promise.resolve([]),
    replace: missing,
    forget: missing,
  };
}

/** Yields nothing until the signal ends it. */
async function* nothing(signal: AbortSignal): AsyncGenerator<void> {
  await firstAbort([signal]);
  yield* [];
}

function missingError(needs: string | null): PermissionError | StateFileError {
  const message = missingMessage(needs);
  return needs === null ? new StateFileError(message) : new PermissionError(message, needs);
}

function missingMessage(needs: string | null): string {
  const advice = needs === null ? "set ASSET_GENERATOR_STATE_DIR" : `add ${needs}`;
  return `Cannot find the user's state directory: no variable says where it is (${advice})`;
}
