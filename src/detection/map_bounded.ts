/**
 * Maps items in order with at most `limit` of them under way at the same time.
 *
 * @param limit At least 1.
 * @throws Whatever `action` throws first; the others under way go on unheard.
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
