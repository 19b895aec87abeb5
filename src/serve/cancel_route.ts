/** `POST /API/CancelGeneration`, where it is allowed. */
import { isJsonObject, parseJson } from "../json_object.ts";
import { jsonAnswer, refuse } from "./answers.ts";
import type { ServedServer } from "./documents.ts";

/** How many run at the same time; each takes up to 10 s. */
const MAX_AT_ONCE = 8;

/**
 * Cancels one generation, and says what came of it: HTTP's status, and the document of `cancel`.
 *
 * @param server The name of the server that works on it; `null`: there is only one.
 */
export type CancelGeneration = (
  id: string,
  server: string | null,
) => Promise<{ readonly status: number; readonly document: unknown }>;

/** Makes what answers such a request. @param cancel `null`: nobody may. */
export function makeCanceller(
  cancel: CancelGeneration | null,
  servers: readonly ServedServer[],
): (request: Request, body: string) => Promise<Response> {
  let atOnce = 0;
  return async (request, body) => {
    if (cancel === null) {
      return refuse(403, "Cannot cancel: it is not allowed (start serve with --allow-cancel)");
    }
    // A form of another page cannot send this type without being asked first, which is refused.
    if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? "")) {
      return refuse(415, "Cannot cancel: send the header Content-Type: application/json");
    }
    const id = readId(body);
    if (id === null) {
      return refuse(400, 'Cannot cancel: send {"session_id": "ID"}, as /status names it');
    }
    const looks = await Promise.all(servers.map(async (server) => ({
      server,
      seen: await server.look.look(),
    })));
    const owner = looks.find(({ seen: { report } }) =>
      [...report.active, ...report.uncertain].some(({ record }) => record.id === id)
    )?.server;
    if (owner === undefined) {
      return refuse(404, `Cannot cancel ${id.slice(0, 64)}: no such generation is running`);
    }
    if (atOnce >= MAX_AT_ONCE) {
      return refuse(503, "Cannot cancel: too many are being cancelled", { "Retry-After": "5" });
    }
    atOnce++;
    try {
      const { status, document } = await cancel(id, owner.name);
      return jsonAnswer(document, { status });
    } finally {
      atOnce--;
      // All watchers are told at once what has changed.
      void owner.look.look().catch(() => {});
    }
  };
}

function readId(body: string): string | null {
  const document = parseJson(body);
  const id = isJsonObject(document) ? document["session_id"] : null;
  return typeof id === "string" && id !== "" ? id : null;
}
