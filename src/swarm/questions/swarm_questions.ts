/**
 * Asks SwarmUI for `status`: the port `SwarmServer`. Every `status` loads this file; keep it light.
 */
import type { ModelTotals, ServerIdentity, SwarmServer } from "../../detection/swarm_server.ts";
import type { Counters } from "../../generation/server/counters.ts";
import { isSameServerUrl } from "../../generation/server/server_url.ts";
import type { ServerSession } from "../../generation/session.ts";
import { call } from "../http/call.ts";
import type { SwarmOptions } from "../http/swarm_options.ts";
import { Transport } from "../http/transport.ts";
import { isLostSession, type Outcome } from "../wire/failure.ts";
import { readPlainReply } from "../wire/plain_reply.ts";
import {
  decodeBackends,
  decodeComfyQueue,
  decodeCounters,
  decodeModelTotals,
  decodeResources,
} from "../wire/server_answers.ts";
import { SessionCaller } from "./session_caller.ts";

/**
 * Connects `status` to a server. Sends nothing before the first question, and then only what that
 * question needs; never prompts.
 *
 * @throws {UsageError} If the address or the credentials cannot be used.
 */
export function createSwarmQuestions(options: SwarmOptions): SwarmServer {
  const caller = new SessionCaller(options);
  const { transport, session: kept } = caller;

  /**
   * The transport to the address that a session belongs to. If that is another name of the same
   * server, the session is used there, but without the credentials, which were given for this
   * address only.
   */
  function transportFor({ serverUrl: baseUrl }: ServerSession): Transport {
    return isSameServerUrl(baseUrl, transport.url)
      ? transport
      : new Transport({ ...options, baseUrl, authorization: null, token: null, headers: [] });
  }

  return {
    url: transport.url,
    globalCounters: async () => await caller.ask("GetGlobalStatus", {}, decodeCounters),
    backends: async () =>
      await caller.ask("ListBackends", { nonreal: true, full_data: true }, decodeBackends),
    modelTotals: async () => {
      const listed = await caller.ask("ListModels", { path: "", depth: 20 }, decodeModelTotals);
      if (!listed.answered || !mayBeCut(listed.value)) return listed;
      const { wholeTotals } = await import("./whole_totals.ts");
      return { ...listed, value: await wholeTotals(caller, listed.value) };
    },
    resources: async () => await caller.ask("GetServerResourceInfo", {}, decodeResources),
    comfyQueue: async (backendId) =>
      await caller.answer(async (remainingMs) => {
        const headers: Record<string, string> = {
          // A GET, which a proxy may answer with what it was told before.
          "cache-control": "no-cache",
          ...backendId === null ? {} : { "x-swarm-backend-id": `${backendId}` },
        };
        const reply = await transport.send(
          { path: "ComfyBackendDirect/prompt", body: null },
          { timeoutMs: remainingMs(), headers },
        );
        if ("ok" in reply) return reply;
        const told = readPlainReply(reply);
        if (told !== null) return decodeComfyQueue(told);
        const { readComfyReply } = await import("../wire/comfy_reply.ts");
        return readComfyReply(reply);
      }),
    sessionCounters: async (session) =>
      await caller.answer(async (remainingMs): Promise<Outcome<Counters | "gone">> => {
        const told = await call(transportFor(session), "GetCurrentStatus", {
          session,
          timeoutMs: remainingMs(),
        });
        if (isLostSession(told)) return { ok: true, value: "gone" };
        return told.ok ? decodeCounters(told.value) : told;
      }),
    identity: () => kept.session && identityOf(kept.session),
    offSince: () => kept.offSince,
    keepOffSince: async (offSince) => await kept.keepOffSince(offSince),
    renewIdentity: async () =>
      await caller.answer(async (remainingMs) => {
        const renewed = await kept.renew(kept.session, remainingMs);
        return renewed.ok ? { ok: true, value: identityOf(renewed.value) } : renewed;
      }),
  };
}

function identityOf(session: ServerSession): ServerIdentity {
  return { version: session.version, serverId: session.serverId, asOf: session.createdAt };
}

/**
 * Says whether a list has the length of one that SwarmUI cut: one more than its limit, which is 5,000
 * unless somebody set another (`swarmui-protocol.md §20.9`), and people set round numbers. A list
 * that happens to have such a length costs two more requests.
 */
function mayBeCut({ count }: ModelTotals): boolean {
  return count > 50 && (count - 1) % 50 === 0;
}
