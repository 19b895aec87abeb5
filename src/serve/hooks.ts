/**
 * SwarmUI's webhooks, which tell that its queue has begun or ended (`swarmui-protocol.md §20.11`). They
 * hold no answer back: SwarmUI waits for it before it generates.
 */
import type { SharedLook } from "../detection/shared_look.ts";
import type { Clock } from "../generation/clock.ts";
import { isJsonObject, parseJson } from "../json_object.ts";
import { textAnswer } from "./answers.ts";
import type { Door } from "./door.ts";

/** Answers a webhook, and then looks. SwarmUI sends no header of ours: the token is in the body. */
export async function answerHook(
  body: string,
  { door, look, clock, address }: {
    readonly door: Door;
    readonly look: SharedLook;
    readonly clock: Clock;
    readonly address: string;
  },
): Promise<Response> {
  const refusal = await door.refusalOf(tokenOf(body), address);
  if (refusal !== null) return refusal;
  void clock.sleep(0).then(() => look.look()).catch(() => {});
  return textAnswer("ok\n");
}

function tokenOf(body: string): string {
  const document = parseJson(body);
  const token = isJsonObject(document) ? document["token"] : null;
  return typeof token === "string" ? token : "";
}
