import { isSameServerUrl } from "../../generation/server_url.ts";
import { decodeSession, parseJson } from "../private/private_codec.ts";
import { readPrivateText } from "../private/private_directory.ts";
import { joinPath } from "../../system/path_parts.ts";
import { isJsonObject } from "../../json_object.ts";

/**
 * Counts the logins of this user whose session for questions on a server is kept. Never throws; needs
 * `--allow-read` for the user's state directory.
 *
 * @returns 0 if there are none or they cannot be read.
 */
export async function countKeptLogins(userDirectory: string, serverUrl: string): Promise<number> {
  const directory = joinPath(userDirectory, "sessions");
  const logins = new Set<string>();
  try {
    for await (const { name } of Deno.readDir(directory)) {
      if (!name.endsWith(".json")) continue;
      const entry = parseJson(await readOrNothing(joinPath(directory, name)));
      if (!isJsonObject(entry)) continue;
      const session = decodeSession(entry["session"]);
      const login = entry["credentials_hash"];
      if (session === null || typeof login !== "string") continue;
      if (isSameServerUrl(session.serverUrl, serverUrl)) logins.add(login);
    }
  } catch {
    // There is no such directory yet, or it may not be read: what was found counts.
  }
  return logins.size;
}

async function readOrNothing(path: string): Promise<string> {
  try {
    return await readPrivateText(path) ?? "";
  } catch {
    // Replaced or swept away since it was listed.
    return "";
  }
}
