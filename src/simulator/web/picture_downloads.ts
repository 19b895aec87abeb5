/** `/View` and `/Output`: the pictures as files (`swarmui-protocol.md §2.4, §3.4`). */
import type { Swarm } from "../swarm.ts";
import { emptyReply, type HttpReply, jsonReply, redirectReply } from "../wire/http_reply.ts";
import type { HttpRequest } from "../wire/http_request.ts";

const FILE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "image/png",
  "cache-control": "private, max-age=30",
  "accept-ranges": "bytes",
};

/** Says whether a path is for `answerPictureFile()`; letter case does not matter here. */
export function isPicturePath(path: string): boolean {
  return /^\/(view|output)\//i.test(path);
}

/** Answers a request for a picture. `?preview=true` gives the picture itself, not a thumbnail. */
export function answerPictureFile(swarm: Swarm, request: HttpRequest): HttpReply {
  if (request.method !== "GET") return emptyReply(405, { allow: "GET" });
  // the web server decodes a path once, SwarmUI's own code once more, and then each %20
  const path = decoded(decoded(request.path)).replaceAll("%20", " ");
  if (path.split(/[/\\]/).includes("..")) return redirectReply("/Error/404");
  const user = swarm.users.ofRequest(request.headers);
  if (user === null) {
    return jsonReply({ error: "invalid or unauthorized", error_id: "invalid_user" }, 400);
  }
  const owned = /^\/View\/([^/]+)\/(.*)$/.exec(path);
  const own = /^\/Output\/(.*)$/.exec(path);
  if (owned === null && own === null) {
    const error = "view output path prefix does not make sense";
    return jsonReply({ error, error_id: "bad_path" }, 400);
  }
  const owner = owned?.[1] ?? user.name;
  if (owner !== user.name && !user.may("view_others_outputs")) {
    const error = "unauthorized - you may not view other users' outputs";
    return jsonReply({ error, error_id: "unauthorized" }, 400);
  }
  const file = swarm.gallery.open(swarm.folderOf({ name: owner }), owned?.[2] ?? own?.[1] ?? "");
  if (file === null) {
    return jsonReply({ error: "404, file not found.", error_id: "file_not_found" }, 404);
  }
  return rangeOf(file, request.headers.get("range"));
}

function rangeOf(file: Uint8Array, range: string | null): HttpReply {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(range ?? "");
  if (asked === null) return fileReply(200, file);
  const first = Number(asked[1]);
  const last = asked[2] === "" ? file.length - 1 : Math.min(Number(asked[2]), file.length - 1);
  if (first > last) {
    return emptyReply(416, { ...FILE_HEADERS, "content-range": `bytes */${file.length}` });
  }
  return fileReply(206, file.subarray(first, last + 1), {
    "content-range": `bytes ${first}-${last}/${file.length}`,
  });
}

function fileReply(
  status: number,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  const length = { "content-length": String(body.length) };
  return { status, headers: { ...FILE_HEADERS, ...length, ...headers }, body };
}

/** Percent-decoding that leaves malformed parts as they are. */
function decoded(path: string): string {
  return path.replaceAll(/(%[0-9a-f]{2})+/gi, (sequence) => {
    try {
      return decodeURIComponent(sequence);
    } catch (error) {
      if (error instanceof URIError) return sequence;
      throw error;
    }
  });
}
