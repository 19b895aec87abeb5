/** Loads a model on the server. This takes as long as the server's disks need. */
import type { ServerSession } from "../../generation/session.ts";
import type { JsonObject } from "../../json_object.ts";
import { call } from "../http/call.ts";
import { type CallFailure, failure, isLostSession, type Outcome } from "../wire/failure.ts";
import { decodeModel, SUB_TYPES } from "../wire/catalog_answers.ts";
import { decodeSuccess } from "../wire/generation_answers.ts";
import { decodeCounters } from "../wire/server_answers.ts";
import type { SwarmOptions } from "../http/swarm_options.ts";
import type { SessionCaller } from "./session_caller.ts";

/** Time between two looks at a load whose connection was lost, in milliseconds. */
const LOOK_MS = 1_000;
/** SwarmUI's error if no backend could load the model. */
const FAILED = "Model failed to load.";

/** What a load needs. */
export interface LoadParts {
  readonly caller: SessionCaller;
  readonly options: Pick<SwarmOptions, "clock" | "requestTimeoutMs">;
  /** The checkpoint's exact name. */
  readonly name: string;
  readonly signal: AbortSignal;
}

/**
 * Makes the backends load a model and waits for it (`swarmui-protocol.md §20.9`). If a proxy cuts
 * the connection, the load goes on and is followed by the session's counters.
 *
 * @throws The reason of the signal, and nothing else; the server goes on loading then.
 */
export async function loadModel(parts: LoadParts): Promise<Outcome<true>> {
  const { caller, options } = parts;
  let session = await caller.session.obtain(() => options.requestTimeoutMs);
  if (!session.ok) return session;
  let told = await select(parts, session.value);
  if (isLostSession(told)) {
    session = await caller.session.renew(session.value, () => options.requestTimeoutMs);
    if (!session.ok) return session;
    told = await select(parts, session.value);
  }
  if (told.ok) return decodeSuccess(told.value);
  if (told.message === FAILED) {
    return failure("server_error", "no backend could load it (the server's log says why)");
  }
  return told.reason === "unreachable" ? await follow(parts, told) : told;
}

async function select(
  { caller, name, signal }: LoadParts,
  session: ServerSession,
): Promise<Outcome<JsonObject>> {
  const options = { session, body: { model: name }, timeoutMs: null, signal };
  return await call(caller.transport, "SelectModel", options);
}

/**
 * Waits until the server no longer loads anything for the session; then the model is loaded or not.
 */
async function follow(
  { caller, options: { clock }, name, signal }: LoadParts,
  lost: CallFailure,
): Promise<Outcome<true>> {
  for (;;) {
    const counters = await caller.ask("GetCurrentStatus", {}, decodeCounters);
    signal.throwIfAborted();
    if (!counters.answered) return lost;
    if (counters.value.loadingModels === 0) break;
    await clock.sleep(LOOK_MS, signal);
    signal.throwIfAborted();
  }
  const body = { modelName: name, subtype: SUB_TYPES.checkpoint };
  const model = await caller.ask("DescribeModel", body, decodeModel);
  return model.answered && model.value.loaded === true ? { ok: true, value: true } : lost;
}
