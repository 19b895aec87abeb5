import { PROGRAM } from "../command.ts";
import type { Settings } from "../setting_layers.ts";

/** A command line that means the same server as this one: `asset-generator logout --server gpu2`. */
export function commandFor(
  command: string,
  { apiUrl, server }: Pick<Settings, "apiUrl" | "server">,
): string {
  const words = [PROGRAM, command];
  if (apiUrl.source === "option") words.push("--api-url", apiUrl.value);
  else if (server.source === "option" && server.value !== null) {
    words.push("--server", server.value);
  }
  return words.join(" ");
}
