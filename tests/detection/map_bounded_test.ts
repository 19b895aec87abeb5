import { assertEquals, assertRejects } from "@std/assert";
import { mapBounded } from "../../src/detection/map_bounded.ts";

Deno.test("mapBounded() keeps the order and the limit", async () => {
  let underWay = 0;
  let most = 0;
  const items = Array.from({ length: 50 }, (_, index) => index);
  const doubled = await mapBounded(items, 7, async (item) => {
    most = Math.max(most, ++underWay);
    // The later ones finish first.
    for (let turn = 0; turn < 50 - item; turn++) await Promise.resolve();
    underWay--;
    return item * 2;
  });
  assertEquals(doubled, items.map((item) => item * 2));
  assertEquals([most, underWay], [7, 0]);
});

Deno.test("mapBounded() does nothing for no items, and starts no more than there are", async () => {
  assertEquals(await mapBounded([], 16, () => Promise.reject(new Error("Cannot be called"))), []);
  assertEquals(await mapBounded(["a"], 16, (item) => Promise.resolve(item)), ["a"]);
});

Deno.test("mapBounded() rejects with what was thrown first", async () => {
  await assertRejects(
    () => mapBounded([1, 2, 3], 2, (item) => Promise.reject(new Error(`no ${item}`))),
    Error,
    "no 1",
  );
});
