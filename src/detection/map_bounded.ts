/**
 * Maps items in order, with at most `limit` of them at work at the same time.
 *
 * @param limit At least 1.
 * @throws The first error that `action` throws; the other calls go on, and their results are
 * ignored.
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  action: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = new Array(items.length);
  const queue = items.entries();
  async function work(): Promise<void> {
    for (const [index, item] of queue) results[index] = await action(item);
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}
