/** The simulated server's state: the part that is kept over a restart, and the part that is not. */
import type { Clock } from "../generation/clock.ts";
import { ServerLog } from "./api/server_log.ts";
import type { Backend } from "./backends/backend.ts";
import { makeBackends } from "./backends/configured.ts";
import { watchIdleBackends } from "./backends/idle_watch.ts";
import { BackendPool } from "./backends/pool.ts";
import { Failures } from "./images/failures.ts";
import { Models } from "./models/models.ts";
import type { Settings } from "./options.ts";
import { Gallery } from "./pictures/gallery.ts";
import { Users } from "./users/users.ts";
import { Sessions } from "./users/user_session.ts";
import { Bell } from "./waiting.ts";

/** One run of the server, from a start to a stop. */
export interface Boot {
  /** New at every start (`swarmui-protocol.md §1.1`). */
  readonly serverId: string;
  readonly pool: BackendPool;
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
}

/** The server. */
export class Swarm {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly users: Users;
  readonly sessions = new Sessions();
  readonly models: Models;
  readonly gallery = new Gallery();
  readonly log = new ServerLog();
  readonly failures = new Failures();
  /** Rung when work begins, goes on or ends. */
  readonly changed = new Bell();
  #boot: Boot;
  #stop: AbortController;

  constructor(settings: Settings, { clock }: { readonly clock: Clock }) {
    this.settings = settings;
    this.clock = clock;
    this.users = new Users({ ...settings, nowMs: clock.now() });
    this.models = new Models(settings, clock.now());
    this.#stop = new AbortController();
    this.#boot = this.#newBoot([]);
  }

  /** The present run of the server. */
  get boot(): Boot {
    return this.#boot;
  }

  /** The numbers of the version: `0.9.8.2`. */
  get versionNumbers(): string {
    return this.settings.version.split(".").slice(0, 4).join(".");
  }

  /** Whether nothing is counted and no ComfyUI has any jobs. */
  get isIdle(): boolean {
    const counted = Object.values(this.sessions.counters()).some((count) => count > 0);
    return !counted && this.#boot.pool.all.every(({ comfy }) => comfy.jobs.length === 0);
  }

  /** The folder of a user's pictures: all users share one if no name is appended to the path. */
  folderOf({ name }: { readonly name: string }): string {
    return this.settings.appendsUser ? name : "";
  }

  /**
   * Stops working: nothing more is counted, timers end.
   *
   * @param killsComfy Whether each ComfyUI dies too, like self-started ones.
   */
  stop(killsComfy: boolean): void {
    this.#stop.abort();
    for (const session of this.sessions.list()) session.forgetWork();
    for (const { comfy, remote } of this.#boot.pool.all) {
      if (killsComfy && remote === null) comfy.kill();
    }
    this.changed.ring();
  }

  /** Starts again after a stop. */
  start(): void {
    this.#stop = new AbortController();
    this.#boot = this.#newBoot(this.#boot.pool.all);
  }

  #newBoot(old: readonly Backend[]): Boot {
    const { settings, clock, changed } = this;
    const { signal } = this.#stop;
    const pool = new BackendPool(makeBackends(settings.backends, { clock, changed, old }), {
      clock,
      times: settings,
      signal,
      failsLoad: () => this.failures.takeFailingLoad(),
    });
    watchIdleBackends(pool, { clock, signal });
    return { serverId: crypto.randomUUID(), pool, signal };
  }
}
