/** The work of all clients of a user: the port `UserWork`, for `cancel`. Not loaded by `status`. */
import type { Answer, NoAnswerReason } from "../../detection/answer.ts";
import type { UserWork, UserWorkCount } from "../../detection/stop_user_work.ts";
import type { Counters } from "../../generation/server/counters.ts";
import type { JsonObject } from "../../json_object.ts";
import type { SwarmOptions } from "../http/swarm_options.ts";
import type { Outcome } from "../wire/failure.ts";
import { count, decode, object, sound, text } from "../wire/fields.ts";
import { decodeSuccess } from "../wire/generation_answers.ts";
import { decodeCounters } from "../wire/server_answers.ts";
import { answerOrError } from "./answer_or_error.ts";
import { SessionCaller } from "./session_caller.ts";

/** Reasons for which a user may not get an answer, and can do without it. */
const UNTOLD: ReadonlySet<NoAnswerReason> = new Set([
  "not_permitted",
  "not_supported",
  "server_error",
  "protocol",
]);

/**
 * Connects `cancel --everyone` to a server, with the session for questions. Sends nothing by itself.
 *
 * @throws {UsageError} If the address or the credentials cannot be used.
 */
export function createUserWork(options: SwarmOptions): UserWork {
  return new SwarmUserWork(options);
}

class SwarmUserWork implements UserWork {
  readonly url: string;
  readonly #caller: SessionCaller;

  constructor(options: SwarmOptions) {
    this.#caller = new SessionCaller(options);
    this.url = this.#caller.transport.url;
  }

  async count(): Promise<UserWorkCount> {
    const [users, all] = await Promise.all([
      this.#caller.ask("ListConnectedUsers", {}, decodeUsers),
      this.#caller.ask("GetGlobalStatus", {}, decodeCounters),
    ]);
    const action = `Cannot count the work on ${this.url}`;
    const byUser = told(users, action);
    const counted = told(all, action);
    const user = this.#caller.session.session?.userId ?? null;
    const own = user === null ? null : byUser?.get(user) ?? null;
    return { user, own, all: counted };
  }

  async interruptAll(): Promise<void> {
    const answer = await this.#caller.ask("InterruptAll", { other_sessions: true }, decodeSuccess);
    answerOrError(answer, `Cannot stop the work on ${this.url}`);
  }
}

/** ListConnectedUsers: counters by user; servers before 2025-10-16 give none (§5.3). */
function decodeUsers(body: JsonObject): Outcome<ReadonlyMap<string, Counters | null>> {
  return decode(body, object((told) => new Map(told.get("users", sound(connectedUser)).entries)));
}

const connectedUser = object((told): readonly [id: string, counters: Counters | null] => {
  const id = told.get("id", text);
  const waitingGens = told.find("waiting_gens", count);
  const loadingModels = told.find("loading_models", count);
  const waitingBackends = told.find("waiting_backends", count);
  const liveGens = told.find("live_gens", count);
  const isTold = waitingGens !== null && loadingModels !== null && waitingBackends !== null &&
    liveGens !== null;
  return [id, isTold ? { waitingGens, loadingModels, waitingBackends, liveGens } : null];
});

function told<T>(answer: Answer<T>, action: string): T | null {
  return !answer.answered && UNTOLD.has(answer.reason) ? null : answerOrError(answer, action);
}
