/** What an image run needs from a backend, and which backends are suitable. */
import type { Claim } from "../users/claim.ts";
import type { Session } from "../users/user_session.ts";
import type { Backend } from "./backend.ts";

/** What a run needs. */
export interface BackendWish {
  /** Full name; `null` takes any backend. */
  readonly model: string | null;
  readonly backendId: number | null;
  readonly backendType: string | null;
  readonly session: Session;
  readonly claim: Claim;
  /** Ends the wait without an error. */
  readonly signal: AbortSignal;
  /** A model load that this run waits for has begun, or was found under way. */
  readonly onLoad: () => void;
}

/** A run that is still waiting for a backend. */
export interface Waiter {
  readonly wish: BackendWish;
  /** Monotonic milliseconds. */
  readonly sinceMs: number;
  /** Backends that failed to load its model. */
  readonly failed: Set<Backend>;
}

/** Why a backend is not suitable, in SwarmUI's words; `null` if it is. */
export function refusal(backend: Backend, wish: BackendWish): string | null {
  if (wish.backendId !== null && backend.id !== wish.backendId) {
    return `Request requires backend ID ${wish.backendId}, but the backend is not that ID`;
  }
  if (wish.backendType !== null && backend.type !== wish.backendType) {
    return `Request requires backend type '${wish.backendType}', but the backend is of another type`;
  }
  if (wish.model !== null && !backend.hasModel(wish.model)) {
    return `Request requires model '${wish.model}' but the backend does not have that model`;
  }
  return null;
}
