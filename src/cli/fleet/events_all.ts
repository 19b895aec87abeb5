/** What `events --all` does: reports what happens on each server, with the server's name. */
import type { DetectionEvent } from "../../detection/generation_events.ts";
import { isSameServerUrl } from "../../generation/server_url.ts";
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
import { runLoops, Turns } from "./turns.ts";

/** For how many generations it is remembered which server reported them first. */
const REMEMBERED = 10_000;

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
    isOwn: (record) =>
      record.serverUrl === null || isSameServerUrl(record.serverUrl, observer.serverUrl) ||
      (serverId !== null && record.serverId === serverId),
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

/**
 * Decides which server reports a generation: the first one that did, so that a server with two
 * names does not report it twice.
 */
class Tellers {
  readonly #names = new Map<string, string>();

  mayTell(event: DetectionEvent, name: string): boolean {
    if (event.kind === "verdict.changed") return true;
    const { id } = event.generation.record;
    const known = this.#names.get(id);
    if (known !== undefined) return known === name;
    this.#names.set(id, name);
    const [oldest] = this.#names.keys();
    if (this.#names.size > REMEMBERED && oldest !== undefined) this.#names.delete(oldest);
    return true;
  }
}
