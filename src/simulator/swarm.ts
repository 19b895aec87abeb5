/** The simulated server's state: what outlives a restart, and what does not. */
import type { Clock } from "../generation/clock.ts";
import { Backend } from "./backends/backend.ts";
import { BackendPool } from "./backends/backend_pool.ts";
import { Bell } from "./bell.ts";
import { Gallery } from "./pictures/gallery.ts";
import { watchIdleBackends } from "./backends/idle_watch.ts";
import { Models } from "./models/models.ts";
import type { Painter } from "./pictures/painter.ts";
import type { Settings } from "./options.ts";
import { remoteBackends } from "./backends/remote_swarm.ts";
import { ServerLog } from "./api/server_log.ts";
import { Sessions } from "./users/session.ts";
import { Upsets } from "./images/upsets.ts";
import { Users } from "./users/user.ts";

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
  readonly painter: Painter;
  readonly gallery: Gallery;
  readonly log = new ServerLog();
  readonly upsets = new Upsets();
  /** Rung when work begins, goes on or ends. */
  readonly changed = new Bell();
  #boot: Boot;
  #stop: AbortController;

  constructor(
    settings: Settings,
    options: { readonly clock: Clock; readonly painter: Painter },
  ) {
    const { clock, painter } = options;
    this.settings = settings;
    this.clock = clock;
    this.painter = painter;
    this.gallery = new Gallery(painter);
    this.users = new Users(settings);
    this.models = new Models({ ...settings, createdMs: clock.now() });
    this.#stop = new AbortController();
    this.#boot = this.#newBoot();
  }

  /** The present run of the server. */
  get boot(): Boot {
    return this.#boot;
  }

  /** The numbers of the version: `0.9.8.2`. */
  get versionNumbers(): string {
    return this.settings.version.split(".").slice(0, 4).join(".");
  }

  /** Whether nothing is counted and no ComfyUI has anything to do. */
  get isIdle(): boolean {
    const counted = Object.values(this.sessions.counters()).some((count) => count > 0);
    return !counted && this.#boot.pool.all.every(({ comfy }) => comfy.jobs.length === 0);
  }

  /**
   * Stops working: nothing more is counted, timers end.
   *
   * @param killsComfy Whether each ComfyUI dies with it, as the self-started ones do.
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
    const old = this.#boot.pool.all;
    this.#boot = this.#newBoot(old);
  }

  #newBoot(old: readonly Backend[] = []): Boot {
    const { clock, changed } = this;
    let nextChildId = -1;
    const backends = this.settings.backends.flatMap((spec, id) => {
      if (spec.type === "swarmswarmbackend") {
        const entries = remoteBackends(id, { spec, clock, changed, nextChildId, old });
        nextChildId -= entries.length - 1;
        return entries;
      }
      const comfy = old.find((backend) => backend.id === id)?.comfy;
      comfy?.revive();
      return [new Backend(id, { spec, clock, changed, comfy })];
    });
    for (const backend of backends) {
      const before = old.find(({ id }) => id === backend.id);
      backend.isDeleted = before?.isDeleted ?? false;
      // what an admin switched off stays off
      if (before?.isEnabled === false && !before.isPinned) {
        backend.isEnabled = false;
        backend.status = "disabled";
      }
    }
    const { signal } = this.#stop;
    const pool = new BackendPool(backends, {
      clock,
      times: this.settings,
      signal,
      failsLoad: () => this.upsets.takeFailingLoad(),
    });
    watchIdleBackends(pool, { clock, signal });
    return { serverId: crypto.randomUUID(), pool, signal };
  }
}
