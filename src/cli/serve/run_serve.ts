/**
 * What `serve` does: looks at the server at regular intervals, and answers over HTTP, until Ctrl-C.
 */
import { EventFeed } from "../../detection/event_feed.ts";
import { UsageError } from "../../errors.ts";
import { VERSION } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { nameFile } from "../credentials.ts";
import { describeFailure, EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { Tellers } from "../fleet/tellers.ts";
import { runLoops } from "../fleet/turns.ts";
import type { GlobalOptions } from "../global_options.ts";
import { readFrom, readSecret } from "../values.ts";
import { ServerWatch } from "./watch_server.ts";

/** Loopback: other machines cannot reach it. */
export const DEFAULT_HOST = "127.0.0.1";
/** The port after SwarmUI's own. */
export const DEFAULT_PORT = 7802;

/** The shortest access token that is accepted, in characters: a shorter one could be guessed. */
const SHORTEST_TOKEN = 16;

/** The options of `serve`. */
export interface ServeOptions extends GlobalOptions {
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** Time between two looks, in milliseconds. */
  readonly interval: number | undefined;
  readonly accessTokenFile: string | undefined;
  readonly allowHost: readonly string[] | undefined;
  readonly allowCancel: boolean | undefined;
  readonly insecure: boolean | undefined;
  readonly all: boolean | undefined;
}

/**
 * Serves until Ctrl-C or SIGTERM, which is its normal end and therefore a success.
 *
 * @throws {UsageError} If it would answer other machines without a token.
 */
export async function runServe(options: ServeOptions, context: CommandContext): Promise<ExitCode> {
  const { messages, output, clock } = context;
  const host = options.host ?? DEFAULT_HOST;
  const accessToken = await readAccessToken(options, context);
  if (accessToken === null && !isLoopback(host) && !options.insecure) {
    throw new UsageError(
      `Cannot serve on ${host} without a token: every machine that reaches it could ask ` +
        "(give --access-token-file, or --insecure if that is meant)",
    );
  }
  if (options.allowCancel && accessToken === null) {
    throw new UsageError(
      "Cannot use --allow-cancel without a token: every program and page could cancel " +
        "(give --access-token-file)",
    );
  }
  await using opened = new AsyncDisposableStack();
  const watches: ServerWatch[] = [];
  const feed = new EventFeed(() => watches.flatMap((watch) => watch.now()));
  for (const watch of await openWatches(options, { context, feed })) {
    watches.push(opened.use(watch));
  }
  // Signals are listened for first, so that Ctrl-C right after the first line has an effect.
  using interrupts = context.listenForInterrupts();
  const webService = await context.adapters.webService();
  await using service = await webService.start({
    host,
    port: options.port ?? DEFAULT_PORT,
    hostNames: options.allowHost ?? [],
    accessToken,
    servers: watches,
    feed,
    clock,
    version: VERSION,
    cancel: options.allowCancel
      ? async (id, server) => {
        const { cancelFor } = await import("./cancel_for.ts");
        const owner = watches.find(({ name }) => name === server);
        return await cancelFor(id, { ...context, ...owner?.context });
      }
      : null,
    onFailure: (error) => void messages.warning(describeFailure(error).message),
    ...(options.verbose
      ? {
        onRequest: ({ method, path, status }) =>
          void messages.detail(`${method} ${path} ${status}`),
      }
      : {}),
  });
  const { url } = service;
  await output.writeDocument({ schema_version: 1, url }, () => `Serving at ${url}\n`, {
    asLine: true,
    names: () => [url],
  });
  await messages.note("Press Ctrl-C to stop");
  await runLoops(watches, interrupts.first, (watch, signal) => watch.follow(signal));
  return EXIT.ok;
}

/** Opens the only server, or with `--all` those of the configuration file. */
async function openWatches(
  options: ServeOptions,
  { context, feed }: { readonly context: CommandContext; readonly feed: EventFeed },
): Promise<readonly ServerWatch[]> {
  const ends = await context.adapters.endLog(context.settings);
  const how = { intervalMs: options.interval, ends, feed, tellers: new Tellers() };
  if (!options.all) return [await ServerWatch.open({ ...how, name: null, context })];
  const { openFleet } = await import("../fleet/fleet_contexts.ts");
  const members = openFleet(options, context, "--all");
  return await Promise.all(
    members.map(async (member) =>
      await ServerWatch.open({ ...how, name: member.name, context: await member.context })
    ),
  );
}

async function readAccessToken(
  { accessTokenFile }: ServeOptions,
  context: CommandContext,
): Promise<string | null> {
  if (accessTokenFile === undefined) return null;
  const place = nameFile("--access-token-file", accessTokenFile);
  const text = await context.readSecretFile(accessTokenFile, `Cannot use ${place}`);
  const token = readFrom(place, { text, isSecret: true, read: readSecret });
  if (token.length >= SHORTEST_TOKEN && !token.includes(" ")) return token;
  throw new UsageError(
    `Cannot use ${place}: the token must have at least ${SHORTEST_TOKEN} characters and no spaces ` +
      "(make one with: openssl rand -hex 32)",
  );
}

/** Whether only this machine can reach an address. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
