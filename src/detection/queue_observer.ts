/** The port to what tells each change of ComfyUI's queues at once, without being asked. */

/** How the observation of a queue ended. `refused`: this user may not; trying again is no use soon. */
export type ObservationEnd = "refused" | "ended";

/** See the module's page. */
export interface QueueObserver {
  /**
   * Observes the queue of one backend's ComfyUI until the signal, or until it cannot be observed. Does
   * not throw.
   *
   * @param options.onLength Is told how many jobs there are, first at the start, then at each change.
   */
  observe(backendId: number, options: {
    readonly signal: AbortSignal;
    readonly onLength: (remaining: number) => void;
  }): Promise<ObservationEnd>;
}
