/** A process that is told to stop has stopped by then, in milliseconds. */
const STOPPED_WITHIN_MS = 50;

/** What is done around a stop. */
export interface StopListener {
  /** Is waited for before the process stops. */
  readonly before: () => Promise<void>;
  /** Is called when it goes on, or if it cannot be stopped. */
  readonly after: () => Promise<void>;
}

/**
 * Listens for Ctrl-Z until it is disposed, and then stops the process as the signal would have. Does
 * nothing on Windows. Needs no permission: Deno lets a process send signals to itself.
 */
export function listenForStop(listener: StopListener): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]: () => {} };
  let isListening = false;
  let isDisposed = false;
  function listen(wanted: boolean): void {
    if (wanted === isListening) return;
    isListening = wanted;
    if (wanted) Deno.addSignalListener("SIGTSTP", stop);
    else Deno.removeSignalListener("SIGTSTP", stop);
  }
  async function stop(): Promise<void> {
    await listener.before().catch(() => {});
    // Without a listener the signal does what it always does: it stops the process, unless there
    // is no shell that could let it go on.
    listen(false);
    try {
      Deno.kill(Deno.pid, "SIGTSTP");
      // This time passes only when the process goes on.
      await new Promise((resolve) => setTimeout(resolve, STOPPED_WITHIN_MS));
    } catch {
      // It cannot be stopped.
    }
    if (isDisposed) return;
    listen(true);
    await listener.after().catch(() => {});
  }
  listen(true);
  return {
    [Symbol.dispose]: () => {
      isDisposed = true;
      listen(false);
    },
  };
}
