/** The address of a picture that the server named (`swarmui-protocol.md §3.4`). Pure. */

import { isDataUrl } from "../../generation/server/image_server.ts";
import { shortened } from "../../cut_text.ts";

/** No file system has longer paths. */
const PATH_MAX = 4096;

/**
 * The percent-encoded address of a picture, relative to the base URL and without a slash before it.
 *
 * The server writes paths unencoded, and decodes more than once. So a `%` is encoded twice, which
 * is right for a lone one and for `%41`; a name that contains `%20` itself cannot be fetched at
 * all.
 *
 * @param path As the server named it. A path that leaves the base URL, or could leave it, is
 * refused: credentials are sent with every download.
 * @param baseUrl Normalised; an absolute address is accepted only below it.
 * @returns `null` if the path is refused.
 */
export function encodeImagePath(path: string, baseUrl: string): string | null {
  if (path.length > PATH_MAX) return null;
  if (/^https?:\/\//i.test(path)) return relativeTo(baseUrl, path);
  const segments = path.replace(/^\//, "").split("/");
  return segments.every(isPlain) ? segments.map(encodeSegment).join("/") : null;
}

/**
 * What is wrong with the path of a picture, in lower case; `null`: it can be fetched, or contains
 * the picture itself. Holds foreign text.
 */
export function pathProblem(path: string, baseUrl: string): string | null {
  const shown = JSON.stringify(shortened(path, 200));
  if (isDataUrl(path)) {
    return isPage(path) ? `the server sent ${shown} as a picture, which is refused` : null;
  }
  if (encodeImagePath(path, baseUrl) !== null) return null;
  if (!path.isWellFormed()) {
    return `the picture ${shown} that the server named has half a character in its name, and is refused`;
  }
  return `the picture ${shown} that the server named does not lie below ${baseUrl}, and is refused`;
}

/** Says whether a `data:` URL is a web page. All else may be what a workflow has made, and is nowhere else. */
function isPage(dataUrl: string): boolean {
  return /^data:[^;,]*html/i.test(dataUrl);
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment.replaceAll("%", "%25"));
}

/**
 * Says whether it is a simple name: not empty, no dots (encoded or not), nothing that Windows reads
 * as `/`.
 */
function isPlain(segment: string): boolean {
  return segment !== "" && !/^(?:\.|%2e){1,2}$/i.test(segment) && !/[\\:\p{Cc}]/u.test(segment) &&
    segment.isWellFormed();
}

function relativeTo(baseUrl: string, address: string): string | null {
  const url = URL.parse(address);
  const base = `${baseUrl}/`;
  if (url === null || url.username !== "" || url.password !== "") return null;
  const plain = url.origin + url.pathname;
  const isBelow = plain.startsWith(base) && plain !== base && !/%2f|%5c/i.test(url.pathname);
  return isBelow ? plain.slice(base.length) + url.search : null;
}
