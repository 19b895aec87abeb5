import type { ServerPart } from "../../generation/watched_server.ts";
import { isSameServerUrl } from "../../generation/server_url.ts";
import type { ServerSession } from "../../generation/session.ts";
import type { CommandContext } from "../context.ts";
import type { Settings } from "../settings.ts";

/**
 * Finds the server of a session: each session is sent to the address that is stored beside it and to
 * no other. Where that is another name of the server that is asked, the user's credentials, which
 * are meant for the address they were given with, are not sent along; the session is enough.
 *
 * @param serverUrl The server that is asked.
 */
export function sessionServers(
  serverUrl: string,
  { adapters, settings }: CommandContext,
): (session: ServerSession) => Promise<ServerPart> {
  const servers = new Map<string, Promise<ServerPart>>();
  return (session) => {
    const known = servers.get(session.serverUrl);
    if (known !== undefined) return known;
    const server = adapters.imageServer(
      isSameServerUrl(session.serverUrl, serverUrl) ? settings : at(session.serverUrl, settings),
    );
    servers.set(session.serverUrl, server);
    return server;
  };
}

function at(serverUrl: string, settings: Settings): Settings {
  const nothing = { value: null, source: "default" } as const;
  return {
    ...settings,
    apiUrl: { value: serverUrl, source: "default" },
    apiKey: nothing,
    token: nothing,
  };
}
