/**
 * Seeds: drawn here as the server would draw them, so that they are known before anything is sent and
 * whatever becomes of the connection (`swarmui-protocol.md §3.3, §20.7`). Pure but for the draw.
 */

/** How many seeds the server draws from: 0 to 2^31 - 2. */
const SEEDS = 2n ** 31n - 1n;
/** The largest multiple of that in 64 bits: above it the remainder would be uneven. */
const EVEN_BELOW = 2n ** 64n / SEEDS * SEEDS;
/** Says that a seed is to be drawn. */
const RANDOM = "-1";

/** The largest seed: SwarmUI's have 64 bits. */
export const SEED_MAX = 2n ** 63n - 1n;

/**
 * The seed of the last image of a request: they count up from the first, within a batch too. With
 * `isFixed` (`noseedincrement`) only those within a batch do (`swarmui-protocol.md §20.7`).
 *
 * @param first As decimal text; not -1.
 */
export function lastSeed(first: string, request: {
  /** All of them, those of batches too. */
  readonly images: number;
  readonly batchSize: number;
  readonly isFixed: boolean;
}): bigint {
  const { images, batchSize, isFixed } = request;
  return BigInt(first) + BigInt((isFixed ? batchSize : images) - 1);
}

/** The seed of a request, as decimal text: what was asked for, else one drawn at random. */
export function settleSeed(asked: string | undefined): string {
  return asked === undefined || asked === RANDOM ? drawSeed() : asked;
}

function drawSeed(): string {
  for (;;) {
    const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1));
    if (random < EVEN_BELOW) return `${random % SEEDS}`;
  }
}
