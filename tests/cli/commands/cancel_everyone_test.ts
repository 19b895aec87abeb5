import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ServerRefusedError, ServerUnreachableError } from "../../../src/errors.ts";
import { BUSY, cancel, cancelJson, FakeUser } from "../../support/cancel_world.ts";
import { assertExpected } from "../../support/expected_text.ts";
import { QUIET, work } from "../../support/sample_answers.ts";

const OWN = { own: BUSY, all: work(7, 3) };
const OWN_GONE = { own: QUIET, all: work(3, 1) };

Deno.test("cancel --everyone says whose work it stops, asks, and reports what is left", async () => {
  const users = new FakeUser(OWN, OWN_GONE);
  const typed = "Yes";
  const { code, out, err } = await cancel("--everyone", { users, typed });
  assertEquals([code, users.interrupts], [0, 1]);
  // On a terminal, the answer and its Enter are between the two.
  await assertExpected("cancel/everyone.txt", `${err}${typed}\n${out}`);
});

for (const typed of ["", "n", "yesterday", null]) {
  Deno.test(`cancel --everyone stops nothing if the answer is ${JSON.stringify(typed)}`, async () => {
    const users = new FakeUser(OWN, OWN_GONE);
    const { code, document } = await cancelJson("--everyone", { users, typed });
    assertEquals([code, users.interrupts, document.everyone?.outcome], [1, 0, "declined"]);
    assertEquals(document.error?.message, "Nothing was cancelled: the answer was not yes");
  });
}

Deno.test("cancel --everyone requires --yes where nobody can be asked", async () => {
  const users = new FakeUser(OWN, OWN_GONE);
  const { code, document } = await cancelJson("--everyone", { users });
  assertEquals([code, users.interrupts, document.error?.code], [2, 0, "usage"]);
  assertStringIncludes(document.error?.message ?? "", "--format json --yes)");
  const { code: sure, document: done, err } = await cancelJson("--everyone -y", { users });
  assertEquals([sure, users.interrupts], [0, 1]);
  assertEquals(done.everyone, {
    user: "local",
    outcome: "stopped",
    before: { waiting_gens: 4, live_gens: 2 },
    after: { waiting_gens: 0, live_gens: 0 },
    all_users_after: { waiting_gens: 3, live_gens: 1 },
  });
  assertStringIncludes(err, 'This stops all work of user "local"');
});

Deno.test("cancel --everyone asks nobody if there is nothing to stop", async () => {
  const users = new FakeUser({ own: QUIET, all: work(3) });
  const { code, document } = await cancelJson("--everyone", { users });
  assertEquals([code, users.interrupts, document.everyone?.outcome], [0, 0, "nothing_to_stop"]);
});

Deno.test("cancel --everyone confirms no more than it can see", async () => {
  const blind = new FakeUser({ user: null });
  const { code, document, err } = await cancelJson("--everyone --yes", { users: blind });
  assertEquals([code, blind.interrupts, document.everyone?.outcome], [4, 1, "not_confirmed"]);
  assertStringIncludes(err, "all work of the server's user of these credentials");
  assertStringIncludes(err, "(is the permission read_server_info_panels missing?)");
  const sums = new FakeUser({ all: work(7) }, { all: work(3) });
  const summed = await cancelJson("--everyone --yes", { users: sums });
  assertEquals([summed.code, summed.document.everyone?.outcome], [4, "not_confirmed"]);
  assertStringIncludes(summed.err, "3 images, 1 of them at a backend left, which may be other");
});

Deno.test("cancel --everyone ends with 3 if work goes on or comes anew", async () => {
  const users = new FakeUser(OWN);
  const { code, document, err } = await cancelJson("--everyone --yes", { users });
  assertEquals([code, document.everyone?.outcome], [3, "still_running"]);
  assertStringIncludes(err, "; a ComfyUI that hangs is a known cause");
  const interrupted = await cancelJson("--everyone --yes", { users, interruptAtMs: 1_000 });
  assertEquals([interrupted.code, interrupted.document.error?.code], [130, "interrupted"]);
});

Deno.test("cancel --everyone reports a refusal and a server that is away", async () => {
  const users = new FakeUser(OWN);
  users.refusal = new ServerRefusedError("Cannot stop the work: no right");
  const refused = await cancelJson("--everyone --yes", { users });
  assertEquals([refused.code, refused.document.error?.code], [4, "refused"]);
  users.refusal = new ServerUnreachableError("Cannot stop the work: no answer");
  const away = await cancelJson("--everyone --yes", { users });
  assertEquals([away.code, away.document.error?.code], [5, "unreachable"]);
});

Deno.test("cancel escapes a user's name", async () => {
  const users = new FakeUser({ ...OWN, user: "\x1b[2Jme" }, OWN_GONE);
  const { err, out } = await cancel("--everyone", { users, typed: "y" });
  assert(!(err + out).includes("\x1b"));
  assertStringIncludes(err, '"\\u{1B}[2Jme"');
});
