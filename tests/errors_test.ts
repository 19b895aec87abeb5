/** Words that errors are made of. */
import { assertEquals } from "@std/assert";
import { continueMessage } from "../src/errors.ts";

Deno.test("continueMessage() gives the advice of both parts once, at the end", () => {
  for (
    const [message, more, whole] of [
      ["Cannot ask: refused", "; 0 of 1 image made", "Cannot ask: refused; 0 of 1 image made"],
      [
        "Cannot ask: refused (start it)",
        "; none made",
        "Cannot ask: refused; none made (start it)",
      ],
      ["Cannot ask (start (or wait))", " (try again)", "Cannot ask (start (or wait); try again)"],
      ["Cannot ask", "; none made (try again)", "Cannot ask; none made (try again)"],
    ] as const
  ) {
    assertEquals(continueMessage(message, more), whole);
  }
});
