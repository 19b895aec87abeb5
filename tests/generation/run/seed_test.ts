import { assert, assertEquals, assertMatch } from "@std/assert";
import { settleSeed } from "../../../src/generation/run/seed.ts";

Deno.test("settleSeed() keeps every digit of a requested seed", () => {
  for (const seed of ["0", "42", "9223372036854775807"]) assertEquals(settleSeed(seed), seed);
});

Deno.test("settleSeed() draws a seed from 0 to 2^31 - 2 if none is given", () => {
  for (const asked of [undefined, "-1"]) {
    const drawn = new Set(Array.from({ length: 1_000 }, () => settleSeed(asked)));
    for (const seed of drawn) {
      assertMatch(seed, /^\d{1,10}$/);
      assert(BigInt(seed) <= 2n ** 31n - 2n, seed);
    }
    // Among a thousand numbers from two thousand million, more than two equal ones are no
    // coincidence.
    assert(drawn.size >= 998, `${drawn.size}`);
  }
});
