/** Another client of a server, which keeps no records: a web page, another program. */
import * as v from "valibot";
import { fetchHere } from "./http_clients.ts";

const SESSION = v.object({ session_id: v.string() });

/** A client with a session of its own. */
export interface OtherClient {
  /** Calls a route of the API and returns its answer. */
  call(route: string, body?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /**
   * Requests images over plain HTTP; disposing closes the connection, which stops nothing on the
   * server.
   */
  generate(images: number): AsyncDisposable;
  /** Sends a job straight to the ComfyUI of the first backend. */
  sendToComfy(): Promise<void>;
}

/**
 * Opens a session on the server at `url`.
 *
 * @param user Another user of a server without accounts (`swarmui-protocol.md §1.5`).
 * @default {"local"}
 */
export async function otherClient(url: string, user = "local"): Promise<OtherClient> {
  async function post(path: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
    const response = await fetchHere(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-swarm-user_id": user },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
    return await response.json();
  }
  const { session_id } = v.parse(SESSION, await post("/API/GetNewSession", {}));
  return {
    call: (route, body = {}) => post(`/API/${route}`, { session_id, ...body }),
    generate(images: number): AsyncDisposable {
      const left = new AbortController();
      const body = { session_id, images, prompt: "a dog", model: "tiny" };
      const answer = post("/API/GenerateText2Image", body, left.signal).catch(() => null);
      return {
        async [Symbol.asyncDispose](): Promise<void> {
          left.abort();
          await answer;
        },
      };
    },
    async sendToComfy(): Promise<void> {
      const sampler = { class_type: "KSampler", inputs: { steps: 20 } };
      await post("/ComfyBackendDirect/prompt", { prompt: { "1": sampler } });
    },
  };
}
