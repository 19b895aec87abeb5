/**
 * What `status --all --watch` does: shows the newest report of each server, at regular intervals.
 */
import type { NamedReport } from "../../detection/fleet.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import { fleetScreenText, fleetText } from "../../render/fleet/fleet_text.ts";
import type { CommandContext } from "../context.ts";
import { documentError, EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import type { GlobalOptions } from "../global_options.ts";
import { openObserver } from "../observer.ts";
import { INTERVAL_MS } from "../later_looks.ts";
import { WatchOutput } from "../watch/watch_output.ts";
import type { WatchPage } from "../watch/watch_output.ts";
import { openFleet } from "./fleet_contexts.ts";
import type { FleetMember } from "./fleet_contexts.ts";
import { documentOf, silenceOf, viewFleet } from "./fleet_view.ts";
import type { FleetView } from "./fleet_view.ts";
import { followFleet } from "./follow_fleet.ts";
import { PIPE_WIDTH } from "./status_all.ts";

/** How long the first page waits for servers that have not answered yet, in milliseconds. */
const FIRST_MS = 1_000;
/** How long a page waits for other servers that are being looked at, in milliseconds. */
const ROUND_MS = 100;
/** The shortest time between two drawings of the screen, in milliseconds. */
const DRAW_MS = 250;

/**
 * Watches until Ctrl-C. Each server is looked at independently of the others: a page shows the last
 * report of each, and says which ones have not answered yet.
 *
 * @param how.intervalMs Time between two looks at a server, and between two lines of JSON, in
 * milliseconds; `undefined`: looks are rare while nothing happens.
 */
export async function watchAll(
  options: GlobalOptions,
  context: CommandContext,
  how: { readonly intervalMs: number | undefined; readonly models: boolean },
): Promise<ExitCode> {
  const { clock } = context;
  const members = openFleet(options, context, "--all");
  const claimStore = await context.adapters.claims(context.settings);
  using interrupts = context.listenForInterrupts();
  await using shown = await WatchOutput.open(context);
  const reports = new Map<string, DetectionReport>();
  const ended = new AbortController();
  const signal = AbortSignal.any([interrupts.first, ended.signal]);
  const all = Promise.withResolvers<void>();
  let next = Promise.withResolvers<void>();
  const following = followFleet(members, {
    ...how,
    isQuiet: shown.isText,
    signal,
    take: (name, report) => {
      reports.set(name, report);
      if (reports.size === members.length) all.resolve();
      next.resolve();
    },
  });

  async function showPages(): Promise<void> {
    const late = new AbortController();
    await Promise.race([
      all.promise,
      clock.sleep(FIRST_MS, AbortSignal.any([signal, late.signal])),
    ]);
    late.abort();
    while (!signal.aborted) {
      next = Promise.withResolvers();
      const [named, reading] = await Promise.all([gather(members, reports), claimStore.list()]);
      const view = viewFleet(named, { reading, host: context.hostname() });
      await shown.show(pageOf(view, context));
      const shownMs = clock.monotonicMs();
      await untilAborted(next.promise, signal);
      const dueMs = shownMs + (shown.isDrawn ? DRAW_MS : how.intervalMs ?? INTERVAL_MS);
      await clock.sleep(Math.max(ROUND_MS, dueMs - clock.monotonicMs()), signal);
    }
  }

  try {
    await Promise.race([showPages(), following]);
  } finally {
    ended.abort();
    // Errors of looks that were still running at the end are of no interest any more.
    await following.catch(() => {});
  }
  return EXIT.interrupted;
}

/** The newest report of each server, in the order of the file. */
async function gather(
  members: readonly FleetMember[],
  reports: ReadonlyMap<string, DetectionReport>,
): Promise<readonly NamedReport[]> {
  return await Promise.all(members.map(async ({ name, pending }) => {
    const known = reports.get(name);
    if (known !== undefined) return { name, report: known };
    const observer = await openObserver(await pending());
    const { report } = await observer.look({ models: false, isQuiet: true });
    return { name, report };
  }));
}

function pageOf(view: FleetView, { clock, output, terminal }: CommandContext): WatchPage {
  const { servers, verdict, claims, warnings } = view;
  const notes = { claims, warnings };
  const time = `${new Date(clock.now()).toISOString().slice(11, 19)} UTC`;
  return {
    verdict,
    screen: ({ rows, columns }) => {
      const text = fleetScreenText(servers, { verdict, ...notes, width: columns, rows: rows - 1 });
      return `${text}${time}, Ctrl-C ends`;
    },
    text: () => {
      const width = terminal.isOutTerminal ? terminal.columns() : PIPE_WIDTH;
      return `${time}\n${
        fleetText(servers, { verdict, ...notes, width, isColored: output.isColored })
      }\n`;
    },
    document: () => documentOf(view, documentError(silenceOf(view))),
  };
}
