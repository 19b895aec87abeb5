/**
 * The network scope on Redis; the first file of the part that is loaded only if a Redis is
 * configured.
 */
import type { Network, NetworkOptions } from "./network.ts";
import { createNetworkClaims } from "./network_claims.ts";
import { createNetworkEndLog } from "./network_end_log.ts";
import { createNetworkStore } from "./network_store.ts";
import { redisAddress } from "./redis_address.ts";
import { RedisLink } from "./redis_link.ts";

/**
 * Makes the network scope. It connects when it is first used.
 *
 * @param options.attemptMs The longest time for a command, with connecting to it, in milliseconds.
 * @default {ATTEMPT_MS}
 */
export function openRedisNetwork(
  options: Omit<NetworkOptions, "version"> & { readonly attemptMs?: number },
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
    claims: createNetworkClaims({ link, prefix, clock }),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}
