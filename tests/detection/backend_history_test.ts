import { assertEquals } from "@std/assert";
import { BackendHistory } from "../../src/detection/backend_history.ts";
import type { ServerReading } from "../../src/detection/server_tier.ts";
import { judgeStandings } from "../../src/detection/standing.ts";
import type { Backend } from "../../src/detection/swarm_server.ts";
import {
  answered,
  comfyBackend,
  queueOf,
  QUIET,
  sampleReading,
  unanswered,
  work,
} from "../support/sample_answers.ts";

/** A history that is given looks; each look takes 10 ms. */
class Looks {
  readonly history = new BackendHistory();

  look(atMs: number, backends: readonly Backend[], changes: Partial<ServerReading> = {}): void {
    const reading = sampleReading({
      backends: answered(backends),
      listed: { askedAtMs: atMs, answeredAtMs: atMs + 10 },
      queues: [],
      ...changes,
    });
    this.history.take(reading, atMs);
    if (!reading.backends.answered) return;
    const standings = judgeStandings(reading.backends.value, {
      queues: new Map(reading.queues.map(({ backend, answer }) => [backend.id, answer])),
      settled: this.history.settled,
      offSince: this.history.offSince,
      nowMs: atMs,
    });
    this.history.keep(reading, standings);
  }

  /** Looks at an idle backend at these times, and says whether its state is settled. */
  settles(times: readonly number[], backend: Partial<Backend> = {}): boolean {
    for (const atMs of times) this.look(atMs, [idle(backend)]);
    return this.history.settled.has(0);
  }
}

function idle(changes: Partial<Backend> = {}): Backend {
  return comfyBackend({ status: "idle", secondsSinceUsed: 900, ...changes });
}

function every(stepMs: number, untilMs: number): readonly number[] {
  return Array.from({ length: Math.floor(untilMs / stepMs) + 1 }, (_, index) => index * stepMs);
}

Deno.test("BackendHistory believes that a backend is off if every look of 6 s found it idle", () => {
  assertEquals(new Looks().settles([0]), false);
  assertEquals(new Looks().settles(every(1_500, 6_000)), false);
  // From the answer of the first look to the question of the last one.
  assertEquals(new Looks().settles([...every(1_500, 4_500), 6_010]), true);
  assertEquals(new Looks().settles([...every(1_500, 4_500), 6_009]), false);
});

Deno.test("BackendHistory accepts no gap of over 2 s between the looks that settle", () => {
  assertEquals(new Looks().settles([0, 2_010, 4_020, 6_030]), true);
  assertEquals(new Looks().settles([0, 2_011, 4_020, 6_030]), false);
});

Deno.test("BackendHistory starts again when a look finds any sign of use", () => {
  const signs: readonly [string, (looks: Looks) => void][] = [
    ["it ran", (looks) => looks.look(3_000, [comfyBackend({ secondsSinceUsed: 900 })])],
    ["it was gone", (looks) => looks.look(3_000, [])],
    ["its age fell", (looks) => looks.look(3_000, [idle({ secondsSinceUsed: 0 })])],
    ["it was started anew", (looks) => looks.look(3_000, [idle({ secondsSinceUsed: null })])],
    ["work was counted", (looks) =>
      looks.look(3_000, [idle()], {
        globals: [{ answer: answered(work(1)), askedAtMs: 3_000 }],
      })],
    ["the counters said nothing", (looks) =>
      looks.look(3_000, [idle()], {
        globals: [{ answer: unanswered("timeout"), askedAtMs: 3_000 }],
      })],
  ];
  for (const [what, happen] of signs) {
    const looks = new Looks();
    looks.settles([0, 1_500]);
    happen(looks);
    assertEquals(looks.settles([4_500, 6_100, 7_600, 9_000]), false, what);
    assertEquals(looks.settles([10_600]), true, what);
  }
});

Deno.test("BackendHistory settles over a look that could not be answered, if the next one is soon", () => {
  const looks = new Looks();
  looks.settles([0, 1_500]);
  looks.look(2_500, [], { backends: unanswered("timeout") });
  assertEquals(looks.settles([3_400, 5_000, 6_100]), true);
});

Deno.test("BackendHistory remembers when a backend went off, not how long it had been off before", () => {
  const looks = new Looks();
  const off = (id: number): Backend => comfyBackend({ id, status: "disabled" });
  looks.look(0, [comfyBackend(), off(1)]);
  assertEquals(looks.history.offSince, new Map());
  looks.look(5_000, [off(0), off(1)]);
  assertEquals(looks.history.offSince, new Map([[0, 5_000]]));
  looks.look(9_000, [off(0), off(1)]);
  assertEquals(looks.history.offSince, new Map([[0, 5_000]]));
  looks.look(12_000, [comfyBackend(), off(1)]);
  assertEquals(looks.history.offSince, new Map());
});

/** What a history says of backend 0 once it has disappeared, some time after that was noticed. */
function goneAfter(ms: number, before: Partial<ServerReading>): readonly string[] {
  const looks = new Looks();
  looks.look(0, [comfyBackend()], before);
  looks.look(1_000, []);
  return looks.history.vanished(1_010 + ms).map(({ kind }) => kind);
}

Deno.test("BackendHistory doubts a backend for a minute that was deleted at work, and names each", () => {
  const backend = comfyBackend();
  const busy = { queues: [{ backend, answer: answered(queueOf(1)) }] };
  const quiet = { queues: [{ backend, answer: answered(queueOf(0)) }] };
  const unasked = { queues: [{ backend, answer: unanswered("not_permitted") }] };
  const counted = { ...unasked, globals: [{ answer: answered(work(1)), askedAtMs: 0 }] };
  assertEquals(goneAfter(0, busy), ["doubtful"]);
  assertEquals(goneAfter(59_999, busy), ["doubtful"]);
  assertEquals(goneAfter(60_000, busy), ["unseen"]);
  assertEquals(goneAfter(599_999, busy), ["unseen"]);
  assertEquals(goneAfter(600_000, busy), []);
  assertEquals(goneAfter(0, quiet), ["unseen"]);
  assertEquals(goneAfter(0, unasked), ["unseen"]);
  assertEquals(goneAfter(0, counted), ["doubtful"]);
});

Deno.test("BackendHistory counts the minute from the last work that was counted", () => {
  const looks = new Looks();
  looks.look(0, [comfyBackend()], {
    queues: [{ backend: comfyBackend(), answer: answered(queueOf(2)) }],
  });
  const globals = [{ answer: answered(work(2)), askedAtMs: 0 }];
  looks.look(1_000, [], { globals });
  looks.look(50_000, [], { globals });
  looks.look(60_000, [], { globals: [{ answer: answered(QUIET), askedAtMs: 60_000 }] });
  assertEquals(looks.history.vanished(109_000).map(({ kind }) => kind), ["doubtful"]);
  assertEquals(looks.history.vanished(110_010).map(({ kind }) => kind), ["unseen"]);
});

Deno.test("BackendHistory forgets that a backend was deleted when it is there again", () => {
  const looks = new Looks();
  looks.look(0, [comfyBackend()], {
    queues: [{ backend: comfyBackend(), answer: answered(queueOf(2)) }],
  });
  looks.look(1_000, []);
  looks.look(2_000, [comfyBackend()]);
  assertEquals(looks.history.vanished(2_010), []);
});

Deno.test("BackendHistory notices a backend that vanished in the middle of a look", () => {
  const looks = new Looks();
  looks.look(0, [], { vanished: [comfyBackend()] });
  assertEquals(looks.history.vanished(10).map(({ kind }) => kind), ["doubtful"]);
});
