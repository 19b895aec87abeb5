/** What a Redis gives the tool; the first file of what is loaded only where one is configured. */
import type { Network, NetworkOptions } from "./network.ts";
import { createNetworkEndLog } from "./network_end_log.ts";
import { createNetworkStore } from "./network_store.ts";
import { redisAddress } from "./redis_address.ts";
import { RedisLink } from "./redis_link.ts";

/**
 * Makes what uses a Redis; it connects when it is first asked for something.
 *
 * @param options.attemptMs How long connecting, and each command, may take, in milliseconds.
 * @default {ATTEMPT_MS}
 */
export function openRedisNetwork(
  options: NetworkOptions & { readonly attemptMs?: number },
): Network {
  const { clock, prefix, sharesSessions, attemptMs } = options;
  const link = new RedisLink({
    address: redisAddress(options.url),
    clock,
    ...attemptMs === undefined ? {} : { attemptMs },
  });
  return {
    store: createNetworkStore({ link, prefix, sharesSessions, clock }),
    ends: createNetworkEndLog({ link, prefix }),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}
