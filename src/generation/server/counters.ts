/** SwarmUI's four counters (`swarmui-protocol.md §5.1`), in image runs, not batch images. */
export interface Counters {
  /** Outstanding runs, including the live ones. */
  readonly waitingGens: number;
  /** Model loads that are running. */
  readonly loadingModels: number;
  /** Runs that are waiting for a backend. */
  readonly waitingBackends: number;
  /** Runs that hold a backend; a ComfyUI backend holds two, of which one computes. */
  readonly liveGens: number;
}

/** Says whether any counter shows work. */
export function showsWork(counters: Counters): boolean {
  return counters.waitingGens > 0 || counters.loadingModels > 0 ||
    counters.waitingBackends > 0 || counters.liveGens > 0;
}
