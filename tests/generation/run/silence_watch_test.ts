import { assertEquals } from "@std/assert";
import type { Counters } from "../../../src/generation/server/counters.ts";
import { watchSilence } from "../../../src/generation/run/silence_watch.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { QUIET, work } from "../../support/sample_answers.ts";
import { sampleSession, SERVER_URL } from "../../support/sample_records.ts";

type Answers = () => Promise<Counters | "gone">;

/**
 * Watches a silent generation over HTTP for so many minutes; `null`: it is still being watched
 * then.
 */
async function watchFor(minutes: number, answers: Answers): Promise<string | null> {
  const clock = new ManualClock();
  const ended = new AbortController();
  let end: string | null = null;
  const watching = watchSilence({
    server: { url: SERVER_URL, sessionCounters: answers },
    session: sampleSession("own"),
    clock,
    ended: ended.signal,
    heardMs: () => 0,
    isAlwaysSilent: () => true,
    onWork: () => {},
  }).then((silent) => {
    if (silent !== null) end = silent.cause.message;
  });
  await clock.advance(minutes * 60_000);
  ended.abort();
  await watching;
  return end;
}

const LOST = `Cannot follow the generation: ${SERVER_URL} has not answered for 2 minutes ` +
  '(see "asset-generator status" when it is back)';

Deno.test("watchSilence() gives up a server that only fails for two minutes", async () => {
  const fails: Answers = () => Promise.reject(new Error("HTTP status 500"));
  assertEquals(await watchFor(1.9, fails), null);
  assertEquals(await watchFor(2.2, fails), LOST);
});

Deno.test("watchSilence() gives up a server that never answers, however long a question may take", async () => {
  const hangs: Answers = () => new Promise(() => {});
  assertEquals(await watchFor(1.9, hangs), null);
  assertEquals(await watchFor(2.2, hangs), LOST);
});

Deno.test("watchSilence() waits for a server that is working, and for one that answers sometimes", async () => {
  assertEquals(await watchFor(60, () => Promise.resolve(work(1))), null);
  let asked = 0;
  const flaky: Answers = () =>
    ++asked % 20 === 0 ? Promise.resolve(work(1)) : Promise.reject(new Error("HTTP status 502"));
  assertEquals(await watchFor(60, flaky), null);
});

Deno.test("watchSilence() ends a generation whose counters are zero for 30 s", async () => {
  assertEquals(
    await watchFor(1, () => Promise.resolve(QUIET)),
    `Cannot finish the generation: ${SERVER_URL} has stopped working but never answered ` +
      "(was the server restarted? generate again)",
  );
});
