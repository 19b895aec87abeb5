import { assertEquals, assertNotMatch } from "@std/assert";
import { sampleSession } from "../support/sample_records.ts";

Deno.test("ServerSession shows its id to reveal() only, however it is printed", () => {
  const session = sampleSession("hidden");
  const printed = [
    Deno.inspect(session, { depth: 10, showHidden: true }),
    JSON.stringify({ session }),
    String(session),
    `${Object.values({ ...session })}`,
    Deno.inspect(structuredClone(session)),
  ].join("\n");
  assertNotMatch(printed, /secret/);
  assertEquals(session.reveal(), "secret-hidden");
});
