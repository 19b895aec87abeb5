/**
 * SwarmUI's webhooks, which tell that its queue has begun or ended (`swarmui-protocol.md §20.11`).
 * They are answered at once, because SwarmUI waits for the answer before it generates.
 */
import type { Clock } from "../generation/clock.ts";
import { isJsonObject, parseJson } from "../json_object.ts";
import { textAnswer } from "./answers.ts";
import type { Door } from "./door.ts";
import type { ServedServer } from "./documents.ts";

/** Answers a webhook, and then looks. SwarmUI sends no header of ours: the token is in the body. */
export async function answerHook(
  body: string,
  { door, servers, clock, address }: {
    readonly door: Door;
    readonly servers: readonly ServedServer[];
    readonly clock: Clock;
    readonly address: string;
  },
): Promise<Response> {
  const refusal = await door.refusalOf(tokenOf(body), address);
  if (refusal !== null) return refusal;
  // It does not say which server it is from.
  void clock.sleep(0).then(() => Promise.all(servers.map(({ look }) => look.look())))
    .catch(() => {});
  return textAnswer("ok\n");
}

function tokenOf(body: string): string {
  const document = parseJson(body);
  const token = isJsonObject(document) ? document["token"] : null;
  return typeof token === "string" ? token : "";
}
