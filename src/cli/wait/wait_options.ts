import type { Assumption } from "../../detection/idle_wait.ts";
import type { GlobalOptions } from "../global_options.ts";

/** What the options of `wait` say; durations in milliseconds. */
export interface WaitOptions extends GlobalOptions {
  readonly idleFor: number | undefined;
  readonly timeout: number | undefined;
  readonly timeoutExitCode: number | undefined;
  readonly interval: number | undefined;
  readonly assume: Assumption | undefined;
  readonly trustAges: boolean | undefined;
  readonly requireExact: boolean | undefined;
  readonly once: boolean | undefined;
}
