/**
 * A bench for commands that look again and again: a scripted server, records in memory, and a clock
 * that a test moves. The command itself runs as users type it, through `runProgram()`.
 */
import type { FoundConfig } from "../../src/cli/config/config_file.ts";
import type { Adapters } from "../../src/cli/context.ts";
import type { ExitCode } from "../../src/cli/exit.ts";
import { runProgram } from "../../src/cli/program.ts";
import type { Answer, NoAnswer } from "../../src/detection/answer.ts";
import type { WaitKey, WaitMemory, WaitStore } from "../../src/detection/idle_wait.ts";
import type {
  Backend,
  ComfyQueue,
  ModelTotals,
  ServerResources,
} from "../../src/detection/swarm_server.ts";
import type { Clock } from "../../src/generation/clock.ts";
import type { Counters } from "../../src/generation/server/counters.ts";
import type { GenerationRecord } from "../../src/generation/generation.ts";
import { createMemoryStore } from "../../src/generation/records/memory_store.ts";
import type { ServerSession } from "../../src/generation/session.ts";
import type { EndOutcome } from "../../src/generation/records/end_log.ts";
import type { GenerationStore } from "../../src/generation/records/store.ts";
import { FakeOwnerLocks } from "./fake_owner_locks.ts";
import { FakeSwarmServer, IDENTITY } from "./fake_swarm_server.ts";
import { ManualClock } from "./manual_clock.ts";
import { MemoryTerminal } from "./memory_terminal.ts";
import { answered, comfyBackend, queueOf, QUIET, unanswered } from "./sample_answers.ts";
import { HERE, sampleRecord, sampleSession } from "./sample_records.ts";
import type { TestContext } from "./test_context.ts";
import { testContext } from "./test_context.ts";
import { waitFor } from "./wait_for.ts";

/** A clock that records how long the code wanted to sleep. */
export class ListeningClock extends ManualClock {
  /** In milliseconds, in the order of the sleeps. */
  readonly sleeps: number[] = [];

  override sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(delayMs);
    return super.sleep(delayMs, signal);
  }
}

/** A server whose answers a test changes while a command is running. */
export class LiveServer extends FakeSwarmServer {
  readonly #clock: Clock;
  #models: NoAnswer | null = null;
  /** The counters of the whole server. */
  counters: Answer<Counters> = answered(QUIET);
  /** The counters of each generation of this tool, by its id. */
  readonly own = new Map<string, Counters>();
  queue: Answer<ComfyQueue> = answered(queueOf(0));
  /** `null`: one ComfyUI backend, with its age. */
  listed: Answer<readonly Backend[]> | null = null;
  rest: Answer<ServerResources> = answered({ cpuUsage: null, ramUsedBytes: null, gpus: [] });
  /** How long the answer about its resources takes, in milliseconds. */
  restMs = 0;
  /** When the backend was last used, on the monotonic clock; `null`: never. */
  usedAtMs: number | null = -600_000;
  /** What every answer waits for first. */
  gate: Promise<void> = Promise.resolve();
  /** How often it was looked at. */
  looks = 0;

  constructor(clock: Clock, url?: string) {
    super(url === undefined ? {} : { url, identity: { ...IDENTITY, serverId: url } });
    this.#clock = clock;
  }

  /** Stops answering. */
  turnOff(reason: NoAnswer["reason"] = "unreachable", message = "connection refused"): void {
    const silence = unanswered(reason, { message });
    this.counters = silence;
    this.listed = silence;
    this.queue = silence;
    this.rest = silence;
    this.#models = silence;
  }

  /** Answers again, and is quiet. */
  turnOn(): void {
    this.#models = null;
    this.counters = answered(QUIET);
    this.listed = null;
    this.queue = answered(queueOf(0));
    this.rest = answered({ cpuUsage: null, ramUsedBytes: null, gpus: [] });
  }

  override async globalCounters(): Promise<Answer<Counters>> {
    await this.gate;
    return this.counters;
  }

  override async backends(): Promise<Answer<readonly Backend[]>> {
    this.looks++;
    await this.gate;
    if (this.listed !== null) return this.listed;
    const ageMs = this.usedAtMs === null ? null : this.#clock.monotonicMs() - this.usedAtMs;
    return answered([
      comfyBackend({ secondsSinceUsed: ageMs === null ? null : Math.floor(ageMs / 1000) }),
    ]);
  }

  override async modelTotals(): Promise<Answer<ModelTotals>> {
    const totals = await super.modelTotals();
    return this.#models ?? totals;
  }

  override async comfyQueue(): Promise<Answer<ComfyQueue>> {
    await this.gate;
    return this.queue;
  }

  override async resources(): Promise<Answer<ServerResources>> {
    await this.gate;
    if (this.restMs > 0) await this.#clock.sleep(this.restMs);
    return this.rest;
  }

  override async sessionCounters(session: ServerSession): Promise<Answer<Counters>> {
    await this.gate;
    return answered(this.own.get(session.reveal().replace("secret-", "")) ?? QUIET);
  }
}

/** A wait store in memory. */
class MemoryWaitStore implements WaitStore {
  readonly kept = new Map<string, WaitMemory>();

  update<T extends { readonly kept: WaitMemory }>(
    { serverUrl, rules }: WaitKey,
    change: (kept: WaitMemory | null) => T,
  ): Promise<T> {
    const name = `${serverUrl} ${rules}`;
    const changed = change(this.kept.get(name) ?? null);
    this.kept.set(name, changed.kept);
    return Promise.resolve(changed);
  }
}

/** A running command. */
export interface RunningCommand {
  /** Its exit code, when it ends. */
  readonly ended: Promise<ExitCode>;
  /** Whether it has ended. */
  readonly hasEnded: boolean;
}

/** See the top of this file. */
export class WatchBench {
  readonly clock = new ListeningClock();
  readonly locks = new FakeOwnerLocks();
  readonly waits = new MemoryWaitStore();
  readonly ends = new Map<string, EndOutcome>();
  readonly context: TestContext;
  readonly store: GenerationStore;
  readonly server: LiveServer;

  constructor(options: {
    readonly terminal?: MemoryTerminal;
    /** Adapters that replace those of the bench. */
    readonly adapters?: Partial<Adapters>;
    /** The content of every file that is named as a secret. */
    readonly secretFile?: string | undefined;
    readonly config?: FoundConfig;
  } = {}) {
    this.server = new LiveServer(this.clock);
    this.store = createMemoryStore({ clock: this.clock });
    const context = testContext({
      clock: this.clock,
      host: HERE,
      terminal: options.terminal ?? new MemoryTerminal(),
      ...options.config === undefined ? {} : { config: options.config },
      adapters: {
        stores: () => Promise.resolve([this.store]),
        ownerLocks: () => Promise.resolve(this.locks),
        swarmServer: () => Promise.resolve(this.server),
        waitStore: () => Promise.resolve(this.waits),
        endLog: () =>
          Promise.resolve({
            put: ({ id, outcome }) => Promise.resolve(void this.ends.set(id, outcome)),
            find: (id) => {
              const outcome = this.ends.get(id);
              return Promise.resolve(
                outcome === undefined ? null : { id, outcome, endedAt: this.clock.now() },
              );
            },
          }),
        ...options.adapters,
      },
    });
    const { secretFile } = options;
    this.context = secretFile === undefined
      ? context
      : { ...context, readSecretFile: () => Promise.resolve(secretFile) };
  }

  /** What was written to standard output. */
  get out(): string {
    return this.context.terminal.outText;
  }

  /** What was written to standard error. */
  get err(): string {
    return this.context.terminal.errText;
  }

  /** The lines of standard output, each read as JSON. */
  get lines(): readonly Readonly<Record<string, unknown>>[] {
    return this.out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  /** How often a server was looked at. */
  get looks(): number {
    return this.server.looks;
  }

  /** Starts a command, and waits for its first look or its end. */
  async start(line: string): Promise<RunningCommand> {
    let hasEnded = false;
    const { looks } = this;
    const ended = runProgram(line.split(" "), this.context).finally(() => hasEnded = true);
    await waitFor(() => hasEnded || this.looks > looks, { what: `the start of ${line}` });
    await this.clock.advance(0);
    return {
      ended,
      get hasEnded(): boolean {
        return hasEnded;
      },
    };
  }

  /** Runs a command to its end, and lets as much time pass as it needs. */
  async run(line: string): Promise<ExitCode> {
    return await this.pass(await this.start(line));
  }

  /** Lets time pass until a command has ended. */
  async pass(running: RunningCommand): Promise<ExitCode> {
    for (let seconds = 0; !running.hasEnded; seconds++) {
      if (seconds > 10_000) throw new Error(`It does not end: ${this.out}${this.err}`);
      await this.clock.advance(this.clock.sleeperCount === 0 ? 0 : 1_000);
    }
    return await running.ended;
  }

  /** Lets time pass until exactly one more look has been taken. */
  async tick(): Promise<void> {
    await this.clock.advance(2_200);
  }

  /** Publishes a record of a process that lives; fields that a test does not give have ordinary values. */
  async publish(changes: Partial<GenerationRecord> = {}): Promise<GenerationRecord> {
    const record = sampleRecord({ updatedAt: this.clock.now(), ...changes });
    if (!this.locks.states.has(record.id)) this.locks.states.set(record.id, "held");
    await this.store.put({ record, session: sampleSession(record.id) });
    return record;
  }

  /** Ends a generation as its own process would. */
  async end(id: string, outcome: EndOutcome | null): Promise<void> {
    if (outcome !== null) this.ends.set(id, outcome);
    await this.store.remove(id);
    this.locks.states.delete(id);
  }
}
