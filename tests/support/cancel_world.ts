/**
 * The surroundings of the command `cancel`: records, a server, a user and typed answers. Nothing is
 * real.
 */
import { assert } from "@std/assert";
import { runProgram } from "../../src/cli/program.ts";
import type { Settings } from "../../src/cli/setting_layers.ts";
import type { UserWork, UserWorkCount } from "../../src/detection/stop_user_work.ts";
import type { GenerationRecord } from "../../src/generation/generation.ts";
import type { LockState } from "../../src/generation/records/owner.ts";
import type { GenerationEnd } from "../../src/generation/records/end_log.ts";
import type { Scope } from "../../src/generation/records/store.ts";
import type { CancelJson } from "./cancel_json.ts";
import { readCancel } from "./cancel_json.ts";
import { FakeImageServer } from "./fake_image_server.ts";
import { FakeOwnerLocks } from "./fake_owner_locks.ts";
import { FakeStore } from "./fake_store.ts";
import { FakeSwarmServer } from "./fake_swarm_server.ts";
import type { FakeServerScript } from "./fake_swarm_server.ts";
import { ManualClock } from "./manual_clock.ts";
import { MemoryTerminal } from "./memory_terminal.ts";
import { answered, queueOf, work } from "./sample_answers.ts";
import {
  foreignRecord,
  HERE,
  NOW_MS,
  sampleRecord,
  sampleSession,
  SERVER_URL,
} from "./sample_records.ts";
import { testContext } from "./test_context.ts";

/** The counters of a generation of four images while it is being made. */
export const BUSY = work(4, 2);

/** A record, its session, the scopes it is in, and the state of its owner lock. */
export interface Placed extends Partial<Omit<GenerationRecord, "id">> {
  readonly id: string;
  /** @default {true} */
  readonly hasSession?: boolean;
  readonly sessionUrl?: string;
  /** @default {["directory", "user"]} */
  readonly scopes?: readonly Scope[];
  /** @default {"held"} */
  readonly lock?: LockState;
}

/** What exists; by default no records, and a quiet server. */
export interface World {
  readonly records?: readonly Placed[];
  readonly server?: FakeServerScript;
  readonly images?: FakeImageServer;
  readonly users?: FakeUser;
  /** The answer that is typed on a terminal. */
  readonly typed?: string | null;
  readonly userScope?: FakeStore;
  /** When Ctrl-C is pressed. */
  readonly interruptAtMs?: number;
}

/** The result. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly pruned: readonly string[];
  readonly ends: readonly GenerationEnd[];
  /** The address, key and token that each server was opened with. */
  readonly opened: readonly (readonly [string, string | null, string | null])[];
  readonly listeners: number;
}

/** A store from which judged records can be removed. */
class PrunableStore extends FakeStore {
  readonly pruned: string[] = [];

  override prune(judged: readonly GenerationRecord[]): Promise<void> {
    for (const { id } of judged) {
      if (this.publications.delete(id)) this.pruned.push(id);
    }
    return Promise.resolve();
  }
}

/** A user whose work ends at an interrupt, unless a test says otherwise. */
export class FakeUser implements UserWork {
  readonly url = SERVER_URL;
  #count: UserWorkCount;
  readonly #after: UserWorkCount;
  refusal: Error | null = null;
  interrupts = 0;

  constructor(before: Partial<UserWorkCount>, after: Partial<UserWorkCount> = {}) {
    this.#count = { user: "local", own: null, all: null, ...before };
    this.#after = { ...this.#count, ...after };
  }

  count(): Promise<UserWorkCount> {
    return Promise.resolve(this.#count);
  }

  interruptAll(): Promise<void> {
    if (this.refusal !== null) return Promise.reject(this.refusal);
    this.interrupts++;
    this.#count = this.#after;
    return Promise.resolve();
  }
}

/** Runs `cancel` in a world, and lets time pass until it has ended. */
export async function cancel(line: string, world: World = {}): Promise<Ran> {
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
    terminal: new MemoryTerminal({ isTerminal: typed !== undefined, colorChoice: "never" }),
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
          readSecret: () => Promise.reject(new Error("The test has no secret")),
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

/** Runs `cancel --format json` and reads its document, which the schema must allow. */
export async function cancelJson(
  line: string,
  world: World = {},
): Promise<Ran & { readonly document: CancelJson }> {
  const ran = await cancel(`${line} --format json`, world);
  return { ...ran, document: readCancel(ran.out) };
}

/** A server that is working for generations, by id. */
export function workingFor(...ids: readonly string[]): Pick<World, "server" | "images"> {
  return {
    server: {
      global: [answered(work(4 * ids.length, 2))],
      sessions: Object.fromEntries(ids.map((id) => [id, [answered(BUSY)]])),
      queues: { "0": [answered(queueOf(2))] },
    },
    images: new FakeImageServer(Object.fromEntries(ids.map((id) => [id, BUSY]))),
  };
}
