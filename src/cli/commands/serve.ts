import type { Command } from "../command.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import { listOption, switchOption, valueOption } from "../option.ts";
import { DEFAULT_HOST, DEFAULT_PORT, runServe } from "../serve/run_serve.ts";
import type { ServeOptions } from "../serve/run_serve.ts";
import { durationReader, wholeNumberReader } from "../quantities.ts";
import { readHostName, readPath } from "../values.ts";

/** `asset-generator serve`. */
export const command: Command<ServeOptions> = {
  text:
    "Answers over HTTP what status answers on the command line, until Ctrl-C. It looks at the " +
    "server again and again and gives everybody the newest answer, so that SwarmUI is asked once, " +
    "however many ask. In a browser, the address shows a page.\n\n" +
    "/idle is for scripts that have nothing but curl: 200 idle, 409 busy, 503 unknown or " +
    "unreachable. /status and /API/ListActiveGenerations are JSON; with ?max_age=0 they look anew. " +
    "/events and the WebSocket /API/GenerationEventsWS tell what events prints, " +
    "and /metrics is for Prometheus. " +
    "/healthz says that serve itself runs.\n\n" +
    "The first line, printed when it is ready, is `Serving at URL`; with --quiet it is the URL " +
    "alone. --verbose prints each request on stderr. It needs --allow-net for the address that it " +
    "listens on.",
  examples: [
    { line: "serve", does: `On port ${DEFAULT_PORT} of this machine, for this machine alone` },
    { line: "serve --all", does: "The servers of the configuration file, on one page" },
    { line: "serve --port 0 --interval 5s", does: "On any free port, with fewer looks" },
  ],
  options: {
    host: valueOption({
      placeholder: "ADDRESS",
      brief: "Address of this machine to listen on; any but loopback needs a token",
      default: DEFAULT_HOST,
      read: readHostName,
    }),
    port: valueOption({
      placeholder: "PORT",
      brief: "Port to listen on; 0 means any free one",
      default: String(DEFAULT_PORT),
      read: wholeNumberReader({ min: 0, max: 65_535 }),
    }),
    interval: valueOption({
      placeholder: "DURATION",
      brief: "Look at the server at least this often",
      default: "2s, longer if that misses nothing",
      read: durationReader({ minMs: 100, maxMs: 60_000 }),
    }),
    accessTokenFile: valueOption({
      placeholder: "FILE",
      brief: "File with the token that everybody who asks must send; - for standard input",
      read: readPath,
    }),
    allowHost: listOption({
      placeholder: "NAME",
      brief: "A name under which this machine is reached, such as gpu.example",
      read: readHostName,
    }),
    all: switchOption({
      brief: "Serve all servers of the configuration file",
    }),
    allowCancel: switchOption({
      brief: "Let those who have the token cancel this user's generations",
    }),
    insecure: switchOption({
      brief: "Let everybody ask who can reach the address of --host, without a token",
    }),
    ...GLOBAL_OPTIONS,
  },
  asksMany: ({ all }) => all === true,
  run: runServe,
};
