/** What `--get PATH` prints for a document. */
import { assertEquals } from "@std/assert";
import { getValues } from "../../src/cli/get_value.ts";
import { readValuePath } from "../../src/cli/values.ts";

const DOCUMENT = {
  verdict: "idle",
  likely: null,
  count: 0,
  exact: false,
  empty: "",
  images: [{ url: "http://x/1.png", seed: 7 }, { url: "http://x/2.png", seed: null }],
  queue: { remaining: 2, "of-all": [1, [2, 3]] },
  none: [],
  prompt: "two\nlines",
};

for (
  const [path, lines, isComplete, problem] of [
    ["verdict", ["idle"], true, null],
    [".verdict", ["idle"], true, null],
    ["count", ["0"], true, null],
    ["exact", ["false"], true, null],
    ["empty", [""], true, null],
    ["prompt", ["two\nlines"], true, null],
    ["queue.remaining", ["2"], true, null],
    ["images.1.url", ["http://x/2.png"], true, null],
    ["images[1].url", ["http://x/2.png"], true, null],
    ["images[].url", ["http://x/1.png", "http://x/2.png"], true, null],
    ["images.[].url", ["http://x/1.png", "http://x/2.png"], true, null],
    ["queue.of-all[]", ["1", "[2,3]"], true, null],
    // Objects and lists are JSON on one line.
    ["queue", ['{"remaining":2,"of-all":[1,[2,3]]}'], true, null],
    ["none", ["[]"], true, null],
    // In a list without elements, nothing is missing.
    ["none[]", [], true, null],
    ["none[].url", [], true, null],
    // A value that is absent or null is an empty line.
    ["likely", [""], false, null],
    ["likely.more", [""], false, null],
    ["likely[]", [""], false, null],
    ["images.7.url", [""], false, null],
    ["images[].seed", ["7", ""], false, null],
    ["verdict.length", [""], false, null],
    // For a path that cannot be right, the error says why.
    ["verdit", [""], false, 'there is no "verdit" (closest: verdict)'],
    ["images[].ulr", ["", ""], false, 'there is no "ulr" (closest: url)'],
    [
      "constructor",
      [""],
      false,
      'there is no "constructor" (there is verdict, likely, count, ' +
      "exact, empty, images, queue, none, prompt)",
    ],
    ["images.url", [""], false, 'there is a list before "url" (add [])'],
    ["queue[]", [""], false, "there is no list before []"],
  ] as const
) {
  Deno.test(`getValues() finds ${path}`, () => {
    assertEquals(getValues(DOCUMENT, readValuePath(path)), { lines, isComplete, problem });
  });
}
