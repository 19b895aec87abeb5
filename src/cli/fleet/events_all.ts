/** What `events --all` does: reports what happens on each server, with the server's name. */
import { isOfServer } from "../../generation/server/server_url.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import { eventDocument } from "../../render/event_document.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import type { GlobalOptions } from "../global_options.ts";
import { followEvents } from "../watch/watch_events.ts";
import { openWatchObserver } from "../watch/watch_observer.ts";
import { AT_ONCE, openFleet } from "./fleet_contexts.ts";
import type { FleetMember } from "./fleet_contexts.ts";
import { Tellers } from "./tellers.ts";
import { runLoops, Turns } from "./turns.ts";

/**
 * Watches all servers until Ctrl-C, each independently of the others.
 *
 * @param how.intervalMs As in `watchEvents()`.
 */
export async function eventsOfAll(
  options: GlobalOptions,
  context: CommandContext,
  how: { readonly intervalMs: number | undefined },
): Promise<ExitCode> {
  const { adapters } = context;
  const members = openFleet(options, context, "--all");
  const ends = await adapters.endLog(context.settings);
  using interrupts = context.listenForInterrupts();
  const turns = new Turns(AT_ONCE);
  const tellers = new Tellers();
  await runLoops(members, interrupts.first, async (member, signal) => {
    await followMember(member, { ...how, context, ends, signal, turns, tellers });
  });
  return EXIT.interrupted;
}

async function followMember(member: FleetMember, by: {
  readonly intervalMs: number | undefined;
  readonly context: CommandContext;
  readonly ends: Awaited<ReturnType<CommandContext["adapters"]["endLog"]>>;
  readonly signal: AbortSignal;
  readonly turns: Turns;
  readonly tellers: Tellers;
}): Promise<void> {
  const { context: { output, clock, messages }, ends, signal, turns, tellers, intervalMs } = by;
  const { name } = member;
  const context = await untilAborted(member.context, signal);
  if (context === null) return;
  await using observer = await openWatchObserver(context);
  let serverId: string | null = null;
  await followEvents({
    observer,
    ends,
    clock,
    intervalMs,
    signal,
    isOwn: (record) => isOfServer(record, { serverUrl: observer.serverUrl, serverId }),
    look: () => turns.take(() => observer.look({ models: false })),
    warn: (message) => messages.warning(`${name}: ${message}`),
    tell: async (events, report) => {
      serverId = report.identity?.serverId ?? serverId;
      for (const event of events) {
        if (!tellers.mayTell(event, name)) continue;
        await output.writeNext(eventDocument(event, clock.now(), name));
      }
    },
  });
}
