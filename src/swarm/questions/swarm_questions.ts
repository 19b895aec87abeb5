/**
 * Asks SwarmUI for `status`: the port `SwarmServer`. Every `status` loads this file; keep it light.
 */
import type { Answer } from "../../detection/answer.ts";
import type {
  Backend,
  ComfyQueue,
  ModelTotals,
  ServerIdentity,
  ServerResources,
  SwarmServer,
} from "../../detection/swarm_server.ts";
import type { Counters } from "../../generation/server/counters.ts";
import { isSameServerUrl } from "../../generation/server/server_url.ts";
import type { ServerSession } from "../../generation/session.ts";
import { call } from "../http/call.ts";
import { type SwarmOptions, Transport } from "../http/transport.ts";
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
  return new SwarmQuestions(options);
}

class SwarmQuestions implements SwarmServer {
  readonly url: string;
  readonly #options: SwarmOptions;
  readonly #caller: SessionCaller;

  constructor(options: SwarmOptions) {
    this.#options = options;
    this.#caller = new SessionCaller(options);
    this.url = this.#caller.transport.url;
  }

  async globalCounters(): Promise<Answer<Counters>> {
    return await this.#caller.ask("GetGlobalStatus", {}, decodeCounters);
  }

  async backends(): Promise<Answer<readonly Backend[]>> {
    const body = { nonreal: true, full_data: true };
    return await this.#caller.ask("ListBackends", body, decodeBackends);
  }

  async modelTotals(): Promise<Answer<ModelTotals>> {
    const body = { path: "", depth: 20 };
    const listed = await this.#caller.ask("ListModels", body, decodeModelTotals);
    if (!listed.answered || !mayBeCut(listed.value)) return listed;
    const { wholeTotals } = await import("./whole_totals.ts");
    return { ...listed, value: await wholeTotals(this.#caller, listed.value) };
  }

  async resources(): Promise<Answer<ServerResources>> {
    return await this.#caller.ask("GetServerResourceInfo", {}, decodeResources);
  }

  async comfyQueue(backendId: number | null): Promise<Answer<ComfyQueue>> {
    return await this.#caller.answer(async (remainingMs) => {
      const headers: Record<string, string> = {
        // A GET, which a proxy may answer with what it was told before.
        "cache-control": "no-cache",
        ...backendId === null ? {} : { "x-swarm-backend-id": `${backendId}` },
      };
      const reply = await this.#caller.transport.send(
        { path: "ComfyBackendDirect/prompt", body: null },
        { timeoutMs: remainingMs(), headers },
      );
      if ("ok" in reply) return reply;
      const told = readPlainReply(reply);
      if (told !== null) return decodeComfyQueue(told);
      const { readComfyReply } = await import("../wire/comfy_reply.ts");
      return readComfyReply(reply);
    });
  }

  async sessionCounters(session: ServerSession): Promise<Answer<Counters | "gone">> {
    return await this.#caller.answer(async (remainingMs): Promise<Outcome<Counters | "gone">> => {
      const told = await call(this.#transportFor(session), "GetCurrentStatus", {
        session,
        timeoutMs: remainingMs(),
      });
      if (isLostSession(told)) return { ok: true, value: "gone" };
      return told.ok ? decodeCounters(told.value) : told;
    });
  }

  /**
   * The transport to the address that a session belongs to. If that is another name of the same
   * server, the session is used there, but without the credentials, which were given for this
   * address only.
   */
  #transportFor(session: ServerSession): Transport {
    const { transport } = this.#caller;
    if (isSameServerUrl(session.serverUrl, transport.url)) return transport;
    const { serverUrl: baseUrl } = session;
    return new Transport({
      ...this.#options,
      baseUrl,
      authorization: null,
      token: null,
      headers: [],
    });
  }

  identity(): ServerIdentity | null {
    const session = this.#caller.session.session;
    return session === null ? null : identityOf(session);
  }

  offSince(): ReadonlyMap<number, number> {
    return this.#caller.session.offSince;
  }

  async keepOffSince(offSince: ReadonlyMap<number, number>): Promise<boolean> {
    return await this.#caller.session.keepOffSince(offSince);
  }

  async renewIdentity(): Promise<Answer<ServerIdentity>> {
    return await this.#caller.answer(async (remainingMs) => {
      const renewed = await this.#caller.session.renew(this.#caller.session.session, remainingMs);
      return renewed.ok ? { ok: true, value: identityOf(renewed.value) } : renewed;
    });
  }
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
