/** How long a process may take to stop after its signal, in milliseconds. */
const STOPPED_WITHIN_MS = 50;

/** What to do around a stop. */
export interface StopListener {
  /** Called and awaited before the process stops. */
  readonly before: () => Promise<void>;
  /** Called when it continues, or if it cannot be stopped. */
  readonly after: () => Promise<void>;
}

/**
 * Catches Ctrl-Z until it is disposed, and then stops the process as the signal would have done.
 * Does nothing on Windows. Needs no permission: Deno lets a process send signals to itself.
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
    // Without a listener the signal has its usual effect: it stops the process, unless there is no
    // shell that could continue it.
    listen(false);
    try {
      Deno.kill(Deno.pid, "SIGTSTP");
      // This time passes only after the process continues.
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
