/** Two machines of a team: what one keeps for itself the other cannot see, and both use one Redis. */
import type { HereOptions } from "./program_here.ts";
import type { RedisServer } from "./redis_server.ts";
import { ShiftedClock } from "./shifted_clock.ts";
import type { Stage } from "./stage.ts";

const HOUR_MS = 3_600_000;

/** Where and as whom the program runs on a machine. */
export type Machine = HereOptions & {
  readonly stage: Stage;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
};

/**
 * Makes two machines, the clock of the second an hour ahead.
 *
 * @param more Further variables of both.
 */
export function twoMachines(
  stage: Stage,
  redis: Pick<RedisServer, "url">,
  more: Readonly<Record<string, string>> = {},
): readonly [Machine, Machine] {
  const env = { ASSET_GENERATOR_REDIS_URL: redis.url, ...more };
  return [
    { stage, cwd: stage.here, host: "north", env },
    {
      stage,
      cwd: stage.elsewhere,
      host: "south",
      clock: new ShiftedClock(HOUR_MS),
      env: { ...env, ASSET_GENERATOR_STATE_DIR: `${stage.stateDirectory}-south` },
    },
  ];
}
