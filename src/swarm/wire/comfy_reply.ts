/**
 * Interprets any answer of `/ComfyBackendDirect/prompt` (`swarmui-protocol.md §6.1`). Pure.
 *
 * Loaded only for what `readPlainReply()` does not read.
 */
import type { ComfyQueue } from "../../detection/swarm_server.ts";
import {
  brokenOff,
  errorPageOf,
  headerLock,
  isBrokenOff,
  readForeignPage,
  readPassingStatus,
} from "./api_reply.ts";
import { failure, type Outcome } from "./failure.ts";
import { isJsonType, parseObject, type Reply } from "./plain_reply.ts";
import { decodeComfyQueue } from "./server_answers.ts";

/** The title of SwarmUI's own error page. */
const DEAD_TITLE = /<title[^>]*>Error 500\b[^<]* - SwarmUI\b/;

const NEEDS = { needs: "permission comfy_direct_calls" };

/** Reads an answer. It has none of the shapes of the `/API/` routes. */
export function readComfyReply(reply: Reply): Outcome<ComfyQueue> {
  const { status, mediaType } = reply;
  if (isBrokenOff(reply)) return brokenOff();
  if (status === 200 && isJsonType(mediaType)) {
    const body = parseObject(reply.text);
    return body === null
      ? failure("protocol", "the answer is not a JSON object")
      : decodeComfyQueue(body);
  }
  if (status === 401 && mediaType === null) return headerLock();
  // A gateway's page with such a status says nothing about ComfyUI, nor about what this user may
  // do.
  switch (mediaType === "text/html" ? ownPageOf(reply) : null) {
    case "denied":
      return failure("not_permitted", "the server refused this user", NEEDS);
    case "withheld":
      return { ok: true, value: { kind: "withheld" } };
    case "dead":
      return { ok: true, value: { kind: "dead" } };
    default:
      break;
  }
  if (status >= 300 && status < 400) return readRedirect(reply);
  return readPassingStatus(reply) ?? readForeignPage(reply);
}

/**
 * Which of SwarmUI's own pages this is (`swarmui-protocol.md §6.1`, §20.2): 401 without the
 * permission, 400 if it does not ask the ComfyUI, 500 if that is dead; `null` if it is none of
 * them.
 */
function ownPageOf({ status, text }: Reply): "denied" | "withheld" | "dead" | null {
  if (status === 500) return DEAD_TITLE.test(text) ? "dead" : null;
  if (!text.includes('class="comfy-failed-to-load"')) return null;
  return status === 401 ? "denied" : status === 400 ? "withheld" : null;
}

function readRedirect(reply: Reply): Outcome<never> {
  switch (errorPageOf(reply)) {
    case "404":
      return failure("not_supported", "the server has no ComfyUI to ask");
    case "permissions":
      return failure("not_permitted", "the server refused this user", NEEDS);
    case "internal":
      return failure("server_error", "the server had an internal error");
    default:
      return failure("not_swarmui", "it redirects elsewhere");
  }
}
