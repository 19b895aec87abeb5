/** Another SwarmUI behind a `swarmswarmbackend`, and its ComfyUIs (`swarmui-protocol.md §20.4`). */
import { firstAbort } from "../../generation/until_aborted.ts";
import type { ComfyProcess } from "./comfy_process.ts";

/** A remote server. It has no web interface: only what the main server sees of it is simulated. */
export class RemoteSwarm {
  readonly #comfies: ComfyProcess[] = [];
  #end = new AbortController();

  /** Whether it answers. */
  get isUp(): boolean {
    return !this.#end.signal.aborted;
  }

  /** Aborted when it goes away. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Adds one of its ComfyUIs. */
  add(comfy: ComfyProcess): void {
    this.#comfies.push(comfy);
  }

  /** Goes away; its ComfyUIs go on working. */
  stop(): void {
    this.#end.abort();
  }

  /** Comes back. */
  start(): void {
    if (!this.isUp) this.#end = new AbortController();
  }

  /** Resolves when it next tells the main server something about its work, or goes away. */
  async nextMessage(): Promise<void> {
    const messages = this.#comfies.map(({ spoke }) => spoke.next());
    await Promise.race([...messages, firstAbort([this.signal])]);
  }
}
