/** Another SwarmUI behind a `swarmswarmbackend`, and its ComfyUIs (`swarmui-protocol.md §20.4`). */
import { Backend } from "./backend.ts";
import type { Bell } from "../bell.ts";
import { whenAborted } from "../bell.ts";
import type { Clock } from "../../generation/clock.ts";
import type { SimulatedBackend } from "../options.ts";

/** A remote server. It has no web of its own: only what the main server sees of it is simulated. */
export class RemoteSwarm {
  readonly #children: Backend[] = [];
  #end = new AbortController();

  /** Whether it answers. */
  get isUp(): boolean {
    return !this.#end.signal.aborted;
  }

  /** Aborted when it goes away. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Its first ComfyUI that runs: who is asked for a queue answers with this one's. */
  get firstRunning(): Backend | null {
    return this.#children.find(({ status }) => status === "running") ?? null;
  }

  /** Takes in one of its ComfyUIs. */
  add(child: Backend): void {
    this.#children.push(child);
  }

  /** It goes away; its ComfyUIs work on. */
  stop(): void {
    this.#end.abort();
  }

  /** It is back. */
  start(): void {
    if (!this.isUp) this.#end = new AbortController();
  }

  /** Resolves when it next tells the main server something about its work, or goes away. */
  async nextMessage(): Promise<void> {
    const messages = this.#children.map(({ comfy }) => comfy.spoke.next());
    await Promise.race([...messages, whenAborted(this.signal)]);
  }
}

/**
 * The entries for a remote server: its own, and one for each of its ComfyUIs.
 *
 * @param options.nextChildId The id of its first ComfyUI; the next ones count down.
 * @param options.old The same entries before a restart of the main server.
 */
export function remoteBackends(
  id: number,
  options: {
    readonly spec: SimulatedBackend;
    readonly clock: Clock;
    readonly changed: Bell;
    readonly nextChildId: number;
    readonly old: readonly Backend[];
  },
): readonly Backend[] {
  const { spec, clock, changed, old } = options;
  const before = old.find((backend) => backend.id === id);
  const remote = new RemoteSwarm();
  if (before?.remote?.isUp === false) remote.stop();
  const controller = new Backend(id, { spec, clock, changed, remote, comfy: before?.comfy });
  const children = (spec.remote ?? [{}]).map((each, index) => {
    const childId = options.nextChildId - index;
    const model = each.model ?? spec.model;
    const child = new Backend(childId, {
      spec: {
        type: controller.type,
        title: `[Remote from ${id}: ${controller.title}] ${each.title ?? ""}`,
        allowIdle: controller.allowsIdle,
        ...(model === undefined ? {} : { model }),
        ...(spec.models === undefined ? {} : { models: spec.models }),
        ...(spec.maxUsages === undefined ? {} : { maxUsages: spec.maxUsages }),
      },
      clock,
      changed,
      remote,
      controller,
      comfy: old.find((backend) => backend.id === childId)?.comfy,
    });
    remote.add(child);
    return child;
  });
  return [controller, ...children];
}
