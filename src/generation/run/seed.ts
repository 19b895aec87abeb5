/**
 * Seeds are drawn here, as the server would draw them, so that they are known before anything is
 * sent, even if the connection is lost (`swarmui-protocol.md §3.3, §20.7`). Pure except for the
 * random numbers.
 */

/** How many seeds the server draws from: 0 to 2^31 - 2. */
const SEEDS = 2n ** 31n - 1n;
/** The largest multiple of that in 64 bits; values above it would make some seeds more likely. */
const EVEN_BELOW = 2n ** 64n / SEEDS * SEEDS;
/** Means that a seed is to be drawn. */
const RANDOM = "-1";

/** The largest seed: SwarmUI's seeds have 64 bits. */
export const SEED_MAX = 2n ** 63n - 1n;

/**
 * The seed of the last image of a request. Seeds count up from the first, also within a batch. With
 * `isFixed` (`noseedincrement`) they count up only within a batch (`swarmui-protocol.md §20.7`).
 *
 * @param first As decimal text; not -1.
 */
export function lastSeed(first: string, request: {
  /** All images, including those of batches. */
  readonly images: number;
  readonly batchSize: number;
  readonly isFixed: boolean;
}): bigint {
  const { images, batchSize, isFixed } = request;
  return BigInt(first) + BigInt((isFixed ? batchSize : images) - 1);
}

/** The seed of a request, as decimal text: the requested one, else a random one. */
export function settleSeed(asked: string | undefined): string {
  return asked === undefined || asked === RANDOM ? drawSeed() : asked;
}

function drawSeed(): string {
  for (;;) {
    const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1));
    if (random < EVEN_BELOW) return `${random % SEEDS}`;
  }
}
