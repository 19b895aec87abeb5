import { assertEquals } from "@std/assert";
import { CollectedImages } from "../../../src/generation/run/collected_images.ts";
import type { Harvest } from "../../../src/generation/run/collected_images.ts";

function image(index: number | null, path = `${index}.png`): Parameters<CollectedImages["add"]>[0] {
  return { index, path, seed: null };
}

Deno.test("CollectedImages lists images by index, without grids and withdrawn ones", () => {
  const collected = new CollectedImages(3);
  for (const index of [2, 0, -1, 1]) collected.add(image(index));
  collected.discard([1]);
  assertEquals(collected.arrived().map(({ index }) => index), [0, 2]);
});

Deno.test("CollectedImages numbers images without an index in the order in which they came", () => {
  const collected = new CollectedImages(2);
  assertEquals([image(null, "a"), image(null, "b")].map((one) => collected.add(one)), [0, 1]);
  assertEquals(collected.arrived().map(({ path }) => path), ["a", "b"]);
});

Deno.test("CollectedImages keeps pictures that were not requested", () => {
  const collected = new CollectedImages(2);
  const told = [
    image(0),
    image(-11),
    image(3, "a"),
    image(3, "b"),
    image(1),
    image(1, "again"),
    image(-1, "taken back"),
  ];
  assertEquals(told.map((one) => collected.add(one)), [0, null, null, null, 1, null, null]);
  collected.discard([-1]);
  assertEquals(collected.arrived().map(({ path }) => path), ["0.png", "1.png"]);
  assertEquals(collected.extras().map(({ path }) => path), ["-11.png", "a", "b", "again"]);
});

Deno.test("CollectedImages counts further images over HTTP as extra", () => {
  const collected = new CollectedImages(2);
  const told = ["a", "b", "grid"].map((path) => collected.add(image(null, path)));
  assertEquals(told, [0, 1, null]);
  assertEquals(collected.extras().map(({ path }) => path), ["grid"]);
});

const ENDS: readonly [string, readonly number[], readonly string[], Harvest][] = [
  ["all of them", [0, 1], [], "complete"],
  ["fewer, and no word", [0], [], "interrupted"],
  ["none, and no word", [], [], "interrupted"],
  ["fewer, and a grid", [0, -1], [], "interrupted"],
  ["fewer, and another output", [0, 3], [], "interrupted"],
  ["fewer, and intermediate pictures", [0, -11, -12], [], "interrupted"],
  ["fewer, one of them twice", [0, 0], [], "interrupted"],
  ["all of them, and a grid", [0, 1, -1], [], "complete"],
  ["fewer, and that it was interrupted", [0], ["Generation session interrupted."], "interrupted"],
  ["all, but an error", [0, 1], ["Server failed to save an image."], "failed"],
  ["interrupted, and another error", [], ["Generation session interrupted.", "x"], "failed"],
];

for (const [name, indices, errors, expected] of ENDS) {
  Deno.test(`CollectedImages judges ${name}: ${expected}`, () => {
    const collected = new CollectedImages(2);
    for (const index of indices) collected.add(image(index));
    for (const error of errors) collected.addError(error);
    assertEquals(collected.judge(), expected);
  });
}
