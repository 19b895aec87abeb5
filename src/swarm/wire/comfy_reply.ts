/** What an answer of `/ComfyBackendDirect/prompt` means (`swarmui-protocol.md §6.1`). Pure. */
import type { ComfyQueue } from "../../detection/swarm_server.ts";
import {
  brokenOff,
  headerLock,
  isBrokenOff,
  isJsonType,
  parseObject,
  readPassingStatus,
  type Reply,
} from "./api_reply.ts";
import { failure, type Outcome } from "./failure.ts";
import { count, decode, object } from "./fields.ts";

const NEEDS = { needs: "permission comfy_direct_calls" };

/** Reads an answer; it has none of the `/API/` routes' shapes. */
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
  if (status === 401) {
    return failure("not_permitted", "the server refused this user", NEEDS);
  }
  // SwarmUI's own pages (§20.2): 400 where it does not ask the ComfyUI, 500 where that is dead. A page
  // of a gateway with such a status says nothing of ComfyUI.
  const isPage = mediaType === "text/html";
  if (isPage && status === 400 && reply.text.includes("comfy-failed-to-load")) {
    return { ok: true, value: { kind: "withheld" } };
  }
  if (isPage && status === 500 && reply.text.includes("SwarmUI")) {
    return { ok: true, value: { kind: "dead" } };
  }
  if (status >= 300 && status < 400) return readRedirect(reply);
  return readPassingStatus(reply) ??
    failure("not_swarmui", `HTTP status ${status} with ${mediaType ?? "no content type"}`);
}

function readRedirect(reply: Reply): Outcome<never> {
  switch (reply.location?.pathname.split("/").slice(-2).join("/").toLowerCase()) {
    case "error/404":
      return failure("not_supported", "the server has no ComfyUI to ask");
    case "error/permissions":
      return failure("not_permitted", "the server refused this user", NEEDS);
    case "error/internal":
      return failure("server_error", "the server had an internal error");
    default:
      return failure("not_swarmui", "it redirects elsewhere");
  }
}

/** The answer of a ComfyUI to `GET /prompt` (`swarmui-protocol.md §6.1`). */
function decodeComfyQueue(body: unknown): Outcome<ComfyQueue> {
  return decode(
    body,
    object((told) => ({
      kind: "jobs" as const,
      remaining: told.get("exec_info", object((info) => info.get("queue_remaining", count))),
    })),
  );
}
