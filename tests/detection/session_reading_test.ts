import { assertEquals } from "@std/assert";
import { withSession } from "../../src/detection/session_reading.ts";
import type { Scope } from "../../src/generation/records/store.ts";
import { runningRecord } from "../support/sample_judged.ts";
import { sampleRecord, sampleSession } from "../support/sample_records.ts";

const ASKED = { url: "http://north.example:7801" };

/** Where the session of a record is sent whose own address is `http://localhost:7801`. */
function sentTo(scopes: readonly Scope[]): string | undefined {
  const seen = runningRecord(sampleRecord({ id: "gen-a" }));
  const session = sampleSession("a", "http://localhost:7801");
  return withSession([{ ...seen, session, scopes }], ASKED)[0]?.session.serverUrl;
}

Deno.test("a session is sent to the address that this user keeps with it", () => {
  assertEquals(sentTo(["directory", "user"]), "http://localhost:7801");
});

Deno.test("a session from another machine is never sent to an address that it names", () => {
  assertEquals(sentTo(["network"]), ASKED.url);
});
