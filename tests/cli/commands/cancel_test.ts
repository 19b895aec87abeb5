import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as v from "valibot";
import { runProgram } from "../../../src/cli/program.ts";
import type { Settings } from "../../../src/cli/settings.ts";
import { ServerRefusedError, ServerUnreachableError } from "../../../src/errors.ts";
import type { UserWork, UserWorkCount } from "../../../src/detection/user_work.ts";
import type { GenerationEnd } from "../../../src/generation/end_log.ts";
import type { GenerationRecord } from "../../../src/generation/generation.ts";
import type { LockState } from "../../../src/generation/owner.ts";
import type { Scope } from "../../../src/generation/store.ts";
import { FakeImageServer } from "../../support/fake_image_server.ts";
import { FakeOwnerLocks } from "../../support/fake_owner_locks.ts";
import { FakeStore } from "../../support/fake_store.ts";
import { FakeSwarmServer } from "../../support/fake_swarm_server.ts";
import type { FakeServerScript } from "../../support/fake_swarm_server.ts";
import { loadSchema } from "../../support/json_schema.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { MemoryTerminal } from "../../support/memory_terminal.ts";
import { answered, queueOf, QUIET, unanswered, work } from "../../support/sample_answers.ts";
import {
  foreignRecord,
  HERE,
  NOW_MS,
  sampleRecord,
  sampleSession,
  SERVER_URL,
} from "../../support/sample_records.ts";
import { testContext } from "../../support/test_context.ts";

const BUSY = work(4, 2);

/** A record, its session, where it lies and who owns it. */
interface Placed extends Partial<Omit<GenerationRecord, "id">> {
  readonly id: string;
  /** @default {true} */
  readonly hasSession?: boolean;
  readonly sessionUrl?: string;
  /** @default {["directory", "user"]} */
  readonly scopes?: readonly Scope[];
  /** @default {"held"} */
  readonly lock?: LockState;
}

/** What is there; nothing said: no records, and a quiet server. */
interface World {
  readonly records?: readonly Placed[];
  readonly server?: FakeServerScript;
  readonly images?: FakeImageServer;
  readonly users?: FakeUser;
  /** What is typed, on a terminal. */
  readonly typed?: string | null;
  readonly userScope?: FakeStore;
  /** Presses Ctrl-C then. */
  readonly interruptAtMs?: number;
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly pruned: readonly string[];
  readonly ends: readonly GenerationEnd[];
  /** The address, key and token that each server was opened with. */
  readonly opened: readonly (readonly [string, string | null, string | null])[];
  readonly listeners: number;
}

class PrunableStore extends FakeStore {
  readonly pruned: string[] = [];

  override prune(judged: readonly GenerationRecord[]): Promise<void> {
    for (const { id } of judged) {
      if (this.publications.delete(id)) this.pruned.push(id);
    }
    return Promise.resolve();
  }
}

class FakeUser implements UserWork {
  readonly url = SERVER_URL;
  count_: UserWorkCount;
  readonly #after: UserWorkCount;
  refusal: Error | null = null;
  interrupts = 0;

  constructor(before: Partial<UserWorkCount>, after: Partial<UserWorkCount> = {}) {
    this.count_ = { user: "local", own: null, all: null, ...before };
    this.#after = { ...this.count_, ...after };
  }

  count(): Promise<UserWorkCount> {
    return Promise.resolve(this.count_);
  }

  interruptAll(): Promise<void> {
    if (this.refusal !== null) return Promise.reject(this.refusal);
    this.interrupts++;
    this.count_ = this.#after;
    return Promise.resolve();
  }
}

/** Runs `cancel` in a world, and lets time pass until it has ended. */
async function cancel(line: string, world: World = {}): Promise<Ran> {
  const clock = new ManualClock(NOW_MS);
  const stores = {
    directory: new PrunableStore("directory"),
    user: world.userScope ?? new PrunableStore("user"),
  };
  const locks = new FakeOwnerLocks();
  for (const { hasSession, sessionUrl, scopes, lock, ...changes } of world.records ?? []) {
    const record = changes.foreign ? foreignRecord(changes) : sampleRecord(changes);
    locks.states.set(record.id, lock ?? "held");
    for (const scope of scopes ?? ["directory", "user"]) {
      const isKnown = scope === "user" && hasSession !== false;
      const session = isKnown ? sampleSession(record.id, sessionUrl) : null;
      if (scope === "user" || scope === "directory") {
        stores[scope].publications.set(record.id, { record, session });
      }
    }
  }
  const ends: GenerationEnd[] = [];
  const opened: (readonly [string, string | null, string | null])[] = [];
  const { typed, images = new FakeImageServer(), users } = world;
  const context = testContext({
    clock,
    host: HERE,
    terminal: new MemoryTerminal({ isTerminal: typed !== undefined, allowsColor: false }),
    adapters: {
      stores: () => Promise.resolve(Object.values(stores)),
      ownerLocks: () => Promise.resolve(locks),
      swarmServer: () => Promise.resolve(new FakeSwarmServer(world.server)),
      imageServer: ({ apiUrl, apiKey, token }: Settings) => {
        opened.push([apiUrl.value, apiKey.value, token.value]);
        return Promise.resolve(images);
      },
      ...(users === undefined ? {} : { userWork: () => Promise.resolve(users) }),
      endLog: () =>
        Promise.resolve({
          put: (end: GenerationEnd) => Promise.resolve(void ends.push(end)),
          find: () => Promise.resolve(null),
        }),
      keyboard: () =>
        Promise.resolve({
          isTerminal: typed !== undefined,
          readLine: () => Promise.resolve(typed ?? null),
        }),
    },
  });
  let isOver = false;
  const args = ["cancel", ...line.split(" ").filter((word) => word !== "")];
  const ended = runProgram(args, context).finally(() => isOver = true);
  while (!isOver) {
    await clock.advance(100);
    assert(clock.monotonicMs() < 60_000, "it does not end");
    if (clock.monotonicMs() >= (world.interruptAtMs ?? Infinity)) context.interrupt();
  }
  const { outText: out, errText: err } = context.terminal;
  assert(!(out + err).includes("secret-"), "a session id was told");
  const pruned = Object.values(stores).flatMap((store) =>
    store instanceof PrunableStore ? store.pruned : []
  );
  return { code: await ended, out, err, pruned, ends, opened, listeners: context.listenerCount() };
}

const COUNTERS = v.nullable(v.object({ waiting_gens: v.number(), live_gens: v.number() }));

const DOCUMENT = v.object({
  server_url: v.string(),
  cancelled: v.array(v.object({
    session_id: v.string(),
    outcome: v.string(),
    orphaned: v.boolean(),
    before: COUNTERS,
    after: COUNTERS,
    winding_down: v.nullable(v.boolean()),
  })),
  candidates: v.array(v.object({ session_id: v.string(), duration_seconds: v.number() })),
  everyone: v.nullable(v.object({
    user: v.nullable(v.string()),
    outcome: v.string(),
    before: COUNTERS,
    after: COUNTERS,
    all_users_after: COUNTERS,
  })),
  untracked_images: v.nullable(v.number()),
  error: v.nullable(v.object({ code: v.string(), message: v.string() })),
});

const validate = await loadSchema("cancel.v1.json");

/** Runs `cancel --format json` and reads its document, which the schema must allow. */
async function cancelJson(
  line: string,
  world: World = {},
): Promise<Ran & { readonly document: v.InferOutput<typeof DOCUMENT> }> {
  const ran = await cancel(`${line} --format json`, world);
  const document: unknown = JSON.parse(ran.out);
  assertEquals(validate(document), []);
  return { ...ran, document: v.parse(DOCUMENT, document) };
}

/** A server that works for generations, by id. */
function workingFor(...ids: readonly string[]): Pick<World, "server" | "images"> {
  return {
    server: {
      global: [answered(work(4 * ids.length, 2))],
      sessions: Object.fromEntries(ids.map((id) => [id, [answered(BUSY)]])),
      queues: { "0": [answered(queueOf(2))] },
    },
    images: new FakeImageServer(Object.fromEntries(ids.map((id) => [id, BUSY]))),
  };
}

const TWO: readonly Placed[] = [
  { id: "gen-aaa1", startedAt: NOW_MS - 3_600_000 },
  { id: "gen-aaa2", startedAt: NOW_MS - 60_000 },
];

Deno.test("cancel stops the only generation", async () => {
  const world = workingFor("gen-aaa1");
  const { code, out, err, pruned, listeners } = await cancel("", {
    ...world,
    records: [{ id: "gen-aaa1" }],
  });
  assertEquals(
    { code, err, pruned, listeners, interrupted: world.images?.interrupted },
    { code: 0, err: "", pruned: [], listeners: 0, interrupted: ["gen-aaa1"] },
  );
  assertEquals(
    out,
    `Cancelled Generations
───────────────────────────────────────────────
  gen-aaa1:
    Outcome:       stopped
    Before:        4 images, 2 of them at a backend
    After:         nothing
    Took:          0.0s
`,
  );
});

Deno.test("cancel of one generation leaves the others alone, however it is named", async () => {
  for (const name of ["gen-aaa2", "aaa2"]) {
    const world = workingFor("gen-aaa1", "gen-aaa2");
    const { code, document } = await cancelJson(name, { ...world, records: TWO });
    assertEquals(code, 0);
    assertEquals(document.cancelled, [{
      session_id: "gen-aaa2",
      outcome: "stopped",
      orphaned: false,
      before: { waiting_gens: 4, live_gens: 2 },
      after: { waiting_gens: 0, live_gens: 0 },
      winding_down: document.cancelled[0]?.winding_down ?? null,
    }]);
    assertEquals([document.error, document.untracked_images], [null, 0]);
    assertEquals(world.images?.interrupted, ["gen-aaa2"]);
  }
});

Deno.test("cancel takes the beginning of an id, an id in full before the beginning of others", async () => {
  const records: readonly Placed[] = [{ id: "gen-abc" }, { id: "gen-abcd" }, { id: "gen-xyz" }];
  for (const [name, id] of [["x", "gen-xyz"], ["gen-x", "gen-xyz"], ["abc", "gen-abc"]] as const) {
    const world = workingFor("gen-abc", "gen-abcd", "gen-xyz");
    assertEquals((await cancel(name, { ...world, records })).code, 0);
    assertEquals(world.images?.interrupted, [id]);
  }
});

for (const line of ["", "aaa", "gen-"]) {
  Deno.test(`cancel ${line} lists several generations and stops none`, async () => {
    const world = workingFor("gen-aaa1", "gen-aaa2");
    const { code, out, err } = await cancel(line, { ...world, records: TWO });
    assertEquals([code, world.images?.interrupted], [2, []]);
    assertEquals(
      out,
      `Generations
───────────────────────────────────────────────
  gen-aaa1:
    Status:        generating
    Progress:      45.0%
    Duration:      1.0h
    Host:          workstation

  gen-aaa2:
    Status:        generating
    Progress:      45.0%
    Duration:      1.0m
    Host:          workstation
`,
    );
    assertStringIncludes(
      err,
      `Error: Cannot choose a generation: 2 on ${SERVER_URL} could be meant`,
    );
    const { document } = await cancelJson(line, { ...world, records: TWO });
    assertEquals(document.candidates, [
      { session_id: "gen-aaa1", duration_seconds: 3600 },
      { session_id: "gen-aaa2", duration_seconds: 60 },
    ]);
    assertEquals([document.error?.code, document.cancelled], ["usage", []]);
  });
}

Deno.test("cancel of an unknown id names what there is", async () => {
  const { code, document, err } = await cancelJson("nope", { records: TWO });
  assertEquals([code, document.error?.code, document.server_url], [2, "usage", SERVER_URL]);
  assertEquals(
    err,
    `Error: Cannot cancel "nope": no generation on ${SERVER_URL} is called so ` +
      "(there is gen-aaa2 or gen-aaa1)\n",
  );
  const none = await cancel("nope");
  assertStringIncludes(none.err, "is called so (none is known here)");
});

Deno.test("cancel without any generation has nothing to do, and says who else works", async () => {
  const idle = await cancel("");
  assertEquals([idle.code, idle.err], [0, ""]);
  assertEquals(idle.out, `No generation of this tool to cancel on ${SERVER_URL}\n`);
  const busy = { server: { global: [answered(work(3))] } };
  assertEquals(
    (await cancel("", busy)).out,
    `No generation of this tool to cancel on ${SERVER_URL}; ` +
      "3 images on the server, started elsewhere\n",
  );
  const { code, document } = await cancelJson("--all", busy);
  assertEquals([code, document.cancelled, document.untracked_images], [0, [], 3]);
  const blind = { server: { global: [unanswered("not_permitted")] } };
  assertStringIncludes((await cancel("", blind)).out, "works for others is not known\n");
});

Deno.test("cancel --all stops all of this user and no others", async () => {
  const world = workingFor("gen-aaa1", "gen-aaa2", "gen-other");
  const other = { id: "gen-other", scopes: ["directory"] } as const;
  const foreign = { id: "session-go", foreign: true, scopes: ["directory"] } as const;
  const { code, document, err } = await cancelJson("--all", {
    ...world,
    records: [...TWO, other, foreign],
  });
  assertEquals(code, 0);
  assertEquals(document.cancelled.map(({ outcome }) => outcome), ["stopped", "stopped"]);
  assertEquals(world.images?.interrupted.toSorted(), ["gen-aaa1", "gen-aaa2"]);
  assertStringIncludes(err, "Left alone: 2 generations of which this user does not hold");
});

Deno.test("cancel --all --older-than stops those that were started so long ago", async () => {
  const world = workingFor("gen-aaa1", "gen-aaa2");
  const records = [...TWO, { id: "gen-aaa3", startedAt: NOW_MS - 600_000 }];
  await cancel("--all --older-than 10m", { ...world, records });
  assertEquals(world.images?.interrupted, ["gen-aaa1"]);
  const { code, document } = await cancelJson("--all --older-than 2h", { records });
  assertEquals([code, document.cancelled], [0, []]);
});

Deno.test("cancel stops an orphan, tells how it ended and removes its record", async () => {
  const world = workingFor("gen-aaa1");
  const { code, document, pruned, ends } = await cancelJson("", {
    ...world,
    server: {
      ...world.server,
      global: [answered(BUSY), answered(BUSY), answered(QUIET)],
      sessions: { "gen-aaa1": [answered(BUSY), answered(BUSY), answered(QUIET)] },
    },
    records: [{ id: "gen-aaa1", lock: "free" }],
  });
  assertEquals([code, document.cancelled[0]?.orphaned], [0, true]);
  assertEquals(document.cancelled[0]?.winding_down, true);
  assertEquals(pruned, ["gen-aaa1", "gen-aaa1"]);
  assertEquals(ends.map(({ id, outcome }) => [id, outcome]), [["gen-aaa1", "cancelled"]]);
});

Deno.test("cancel of a generation that is over says so", async () => {
  const { code, document } = await cancelJson("aaa1", {
    records: [{ id: "gen-aaa1", lock: "free" }],
  });
  assertEquals([code, document.cancelled[0]?.outcome], [0, "was_over"]);
});

Deno.test("cancel waits for a pending generation 10 s at most", async () => {
  const { code, document, err } = await cancelJson("", {
    records: [{ id: "gen-aaa1", status: "pending", hasSession: false }],
  });
  assertEquals([code, document.cancelled[0]?.outcome], [4, "not_started"]);
  assertEquals(document.error?.code, "unknown");
  assertEquals(
    err,
    "Waiting for gen-aaa1: nothing of it has reached the server yet\n" +
      "Error: Cannot cancel gen-aaa1: nothing of it reached the server within 10 s " +
      "(try again, or end process 4711 on workstation)\n",
  );
});

for (
  const [name, placed] of [
    ["another user's generation", { id: "gen-aaa1", scopes: ["directory"] }],
    ["a generation of another tool", { id: "session-go", foreign: true, scopes: ["directory"] }],
  ] as const
) {
  Deno.test(`cancel of ${name} says that its session is not held here`, async () => {
    const { code, document } = await cancelJson("", {
      server: { global: [answered(work(3))] },
      records: [placed],
    });
    assertEquals([code, document.cancelled[0]?.outcome, document.error?.code], [
      4,
      "no_session",
      "unknown",
    ]);
    assertStringIncludes(document.error?.message ?? "", "this user does not hold its session");
  });
}

Deno.test("cancel says which permission keeps it from this user's sessions", async () => {
  const userScope = new FakeStore("user");
  userScope.reading = {
    answered: false,
    reason: "permission",
    needs: "--allow-read=/state",
    message: "Deno does not allow reading this user's records",
  };
  const world = { userScope, records: [{ id: "gen-aaa1", scopes: ["directory"] }] } as const;
  for (const line of ["", "--all"]) {
    const { code, document } = await cancelJson(line, world);
    assertEquals([code, document.error?.code], [4, "not_permitted"]);
    assertStringIncludes(document.error?.message ?? "", "(add --allow-read=/state)");
  }
});

Deno.test("cancel without the right says so in the server's words", async () => {
  const world = workingFor("gen-aaa1", "gen-aaa2");
  assert(world.images);
  world.images.refusal = new ServerRefusedError(
    "Cannot interrupt the generation: You lack permissions (it needs the permission x)",
  );
  const { code, document } = await cancelJson("--all", { ...world, records: TWO });
  assertEquals([code, document.error?.code], [4, "refused"]);
  assertEquals(document.cancelled.map(({ outcome }) => outcome), ["not_allowed", "not_allowed"]);
  assertEquals(
    document.error?.message,
    "Cannot cancel gen-aaa2: cannot interrupt the generation: You lack permissions " +
      "(it needs the permission x); 1 more could not be cancelled",
  );
});

Deno.test("cancel ends with 3 if the work goes on, and with 130 at Ctrl-C", async () => {
  const world = workingFor("gen-aaa1");
  assert(world.images);
  world.images.obeys = false;
  const records = [{ id: "gen-aaa1" }];
  const late = await cancelJson("", { ...world, records });
  assertEquals([late.code, late.document.cancelled[0]?.outcome], [3, "still_running"]);
  assertStringIncludes(late.err, "gen-aaa1 stopped: 4 images, 2 of them at a backend left after");
  const stopped = await cancelJson("", { ...world, records, interruptAtMs: 1_000 });
  assertEquals([stopped.code, stopped.document.error?.code], [130, "interrupted"]);
  assertEquals(stopped.listeners, 0);
});

Deno.test("cancel ends with 5 if the server does not answer", async () => {
  const down = unanswered("unreachable", { message: "connection refused" });
  const server = {
    global: [down],
    backends: [down],
    models: [down],
    resources: [down],
    queues: { first: [down] },
    sessions: { "gen-aaa1": [down] },
  };
  for (const line of ["", "aaa1", "--all"]) {
    const { code, document } = await cancelJson(line, { server, records: [{ id: "gen-aaa1" }] });
    assertEquals([code, document.error?.code, document.cancelled], [5, "unreachable", []]);
  }
});

Deno.test("cancel needs no login where it has the session", async () => {
  const refused = unanswered("refused", { message: "Invalid or unauthorized." });
  const server = {
    global: [refused],
    backends: [refused],
    resources: [refused],
    queues: { first: [refused] },
    identity: null,
  };
  const { images } = workingFor("gen-aaa1");
  assert(images);
  const { code, document } = await cancelJson("", {
    server,
    images,
    records: [{ id: "gen-aaa1" }],
  });
  assertEquals([code, document.cancelled[0]?.outcome], [0, "stopped"]);
  assertEquals(document.cancelled[0]?.winding_down, null);
  const { code: without } = await cancel("", { server });
  assertEquals(without, 4);
});

Deno.test("cancel of another server's generation says which --api-url to give", async () => {
  const other = "http://10.0.0.9:7801";
  const { code, document, opened } = await cancelJson("aaa1", {
    records: [{ id: "gen-aaa1", serverUrl: other, sessionUrl: other }],
  });
  assertEquals([code, document.error?.code, opened], [2, "usage", []]);
  assertStringIncludes(document.error?.message ?? "", `(add --api-url ${other})`);
});

Deno.test("cancel sends a session to its own address, without credentials for another one", async () => {
  const alias = "http://workstation:7801";
  const { code, opened } = await cancel("aaa1 --api-key key --token token", {
    ...workingFor("gen-aaa1"),
    records: [{ id: "gen-aaa1", serverUrl: alias, sessionUrl: alias, serverId: "server-1" }],
  });
  assertEquals([code, opened], [0, [[alias, null, null]]]);
  const same = await cancel("--api-key key --token token", {
    ...workingFor("gen-aaa1"),
    records: [{ id: "gen-aaa1" }],
  });
  assertEquals(same.opened, [[SERVER_URL, "key", "token"]]);
});

for (
  const [line, message] of [
    ["--all --everyone", "Cannot use --all and --everyone together"],
    ["aaa1 --all", "Cannot use an ID and --all together"],
    ["aaa1 --everyone", "Cannot use an ID and --everyone together"],
    ["--older-than 1h", "Cannot use --older-than without --all"],
    ["--everyone --older-than 1h", "Cannot use --older-than without --all"],
    ["--all --older-than soon", 'Cannot use --older-than "soon"'],
    ["a b", 'Cannot use the argument "b"'],
  ] as const
) {
  Deno.test(`cancel refuses "${line}"`, async () => {
    const { code, err } = await cancel(line);
    assertEquals(code, 2);
    assertStringIncludes(err, `Error: ${message}`);
  });
}

const OWN = { own: BUSY, all: work(7, 3) };
const OWN_GONE = { own: QUIET, all: work(3, 1) };

Deno.test("cancel --everyone says whose work it stops, asks, and tells the rest after it", async () => {
  const users = new FakeUser(OWN, OWN_GONE);
  const { code, out, err } = await cancel("--everyone", { users, typed: "Yes" });
  assertEquals([code, users.interrupts], [0, 1]);
  assertEquals(
    err,
    `This stops all work of user "local" on ${SERVER_URL}, by whatever program, the web UI ` +
      "included: 4 images, 2 of them at a backend; it leaves 3 images of other users alone. " +
      "Go on? [y/N] ",
  );
  assertEquals(
    out,
    `Cancelled Work
───────────────────────────────────────────────
  URL:           ${SERVER_URL}
  User:          local
  Outcome:       stopped
  Before:        4 images, 2 of them at a backend
  After:         nothing
  Took:          0.0s
  Left alone:    3 images of other users
`,
  );
});

for (const typed of ["", "n", "yesterday", null]) {
  Deno.test(`cancel --everyone stops nothing if the answer is ${JSON.stringify(typed)}`, async () => {
    const users = new FakeUser(OWN, OWN_GONE);
    const { code, document } = await cancelJson("--everyone", { users, typed });
    assertEquals([code, users.interrupts, document.everyone?.outcome], [1, 0, "declined"]);
    assertEquals(document.error?.message, "Nothing was cancelled: the answer was not yes");
  });
}

Deno.test("cancel --everyone wants --yes where nobody can be asked", async () => {
  const users = new FakeUser(OWN, OWN_GONE);
  const { code, document } = await cancelJson("--everyone", { users });
  assertEquals([code, users.interrupts, document.error?.code], [2, 0, "usage"]);
  assertStringIncludes(document.error?.message ?? "", "(add --yes");
  const { code: sure, document: done, err } = await cancelJson("--everyone -y", { users });
  assertEquals([sure, users.interrupts], [0, 1]);
  assertEquals(done.everyone, {
    user: "local",
    outcome: "stopped",
    before: { waiting_gens: 4, live_gens: 2 },
    after: { waiting_gens: 0, live_gens: 0 },
    all_users_after: { waiting_gens: 3, live_gens: 1 },
  });
  assertStringIncludes(err, 'This stops all work of user "local"');
});

Deno.test("cancel --everyone asks nobody if there is nothing to stop", async () => {
  const users = new FakeUser({ own: QUIET, all: work(3) });
  const { code, document } = await cancelJson("--everyone", { users });
  assertEquals([code, users.interrupts, document.everyone?.outcome], [0, 0, "nothing_to_stop"]);
});

Deno.test("cancel --everyone confirms no more than it can see", async () => {
  const blind = new FakeUser({ user: null });
  const { code, document, err } = await cancelJson("--everyone --yes", { users: blind });
  assertEquals([code, blind.interrupts, document.everyone?.outcome], [4, 1, "not_confirmed"]);
  assertStringIncludes(err, "all work of the server's user of these credentials");
  assertStringIncludes(err, "(it needs the permission read_server_info_panels)");
  const sums = new FakeUser({ all: work(7) }, { all: work(3) });
  const summed = await cancelJson("--everyone --yes", { users: sums });
  assertEquals([summed.code, summed.document.everyone?.outcome], [4, "not_confirmed"]);
  assertStringIncludes(summed.err, "3 images, 1 of them at a backend left, which may be other");
});

Deno.test("cancel --everyone ends with 3 if work goes on or comes anew", async () => {
  const users = new FakeUser(OWN);
  const { code, document } = await cancelJson("--everyone --yes", { users });
  assertEquals([code, document.everyone?.outcome], [3, "still_running"]);
  const interrupted = await cancelJson("--everyone --yes", { users, interruptAtMs: 1_000 });
  assertEquals([interrupted.code, interrupted.document.error?.code], [130, "interrupted"]);
});

Deno.test("cancel --everyone tells a refusal and a server that is away", async () => {
  const users = new FakeUser(OWN);
  users.refusal = new ServerRefusedError("Cannot stop the work: no right");
  const refused = await cancelJson("--everyone --yes", { users });
  assertEquals([refused.code, refused.document.error?.code], [4, "refused"]);
  users.refusal = new ServerUnreachableError("Cannot stop the work: no answer");
  const away = await cancelJson("--everyone --yes", { users });
  assertEquals([away.code, away.document.error?.code], [5, "unreachable"]);
});

Deno.test("cancel shows a user's name, and obeys nothing in it", async () => {
  const users = new FakeUser({ ...OWN, user: "\x1b[2Jme" }, OWN_GONE);
  const { err, out } = await cancel("--everyone", { users, typed: "y" });
  assert(!(err + out).includes("\x1b"));
  assertStringIncludes(err, '"\\u{1B}[2Jme"');
});
