import { assertEquals, assertStringIncludes } from "@std/assert";
import { cancel, cancelJson, workingFor } from "../../support/cancel_world.ts";
import type { Placed } from "../../support/cancel_world.ts";
import { assertExpected } from "../../support/expected_text.ts";
import { answered, unanswered, work } from "../../support/sample_answers.ts";
import { NOW_MS, SERVER_URL } from "../../support/sample_records.ts";

const TWO: readonly Placed[] = [
  { id: "gen-aaa1", startedAt: NOW_MS - 3_600_000 },
  { id: "gen-aaa2", startedAt: NOW_MS - 60_000 },
];

Deno.test("cancel stops the only generation", async () => {
  const world = workingFor("gen-aaa1");
  const { code, out, err, pruned, listeners } = await cancel("", {
    ...world,
    records: [{ id: "gen-aaa1" }],
  });
  assertEquals(
    { code, err, pruned, listeners, interrupted: world.images?.interrupted },
    { code: 0, err: "", pruned: [], listeners: 0, interrupted: ["gen-aaa1"] },
  );
  await assertExpected("cancel/stopped.txt", out);
});

Deno.test("cancel of one generation leaves the others alone, however it is named", async () => {
  for (const name of ["gen-aaa2", "aaa2"]) {
    const world = workingFor("gen-aaa1", "gen-aaa2");
    const { code, document } = await cancelJson(name, { ...world, records: TWO });
    assertEquals(code, 0);
    assertEquals(document.cancelled, [{
      session_id: "gen-aaa2",
      outcome: "stopped",
      orphaned: false,
      images_done: 1,
      before: { waiting_gens: 4, live_gens: 2 },
      after: { waiting_gens: 0, live_gens: 0 },
      winding_down: document.cancelled[0]?.winding_down ?? null,
    }]);
    assertEquals([document.error, document.untracked_images], [null, 0]);
    assertEquals(world.images?.interrupted, ["gen-aaa2"]);
  }
});

Deno.test("cancel takes the beginning of an id, an id in full before the beginning of others", async () => {
  const records: readonly Placed[] = [{ id: "gen-abc" }, { id: "gen-abcd" }, { id: "gen-xyz" }];
  for (const [name, id] of [["x", "gen-xyz"], ["gen-x", "gen-xyz"], ["abc", "gen-abc"]] as const) {
    const world = workingFor("gen-abc", "gen-abcd", "gen-xyz");
    assertEquals((await cancel(name, { ...world, records })).code, 0);
    assertEquals(world.images?.interrupted, [id]);
  }
});

for (const line of ["", "aaa", "gen-"]) {
  Deno.test(`cancel ${line} lists several generations and stops none`, async () => {
    const world = workingFor("gen-aaa1", "gen-aaa2");
    const { code, out, err } = await cancel(line, { ...world, records: TWO });
    assertEquals([code, world.images?.interrupted], [2, []]);
    await assertExpected("cancel/which_one.txt", out);
    assertStringIncludes(
      err,
      `Error: Cannot choose a generation: 2 on ${SERVER_URL} could be meant`,
    );
    const { document } = await cancelJson(line, { ...world, records: TWO });
    assertEquals(document.candidates, [
      { session_id: "gen-aaa1", duration_seconds: 3600 },
      { session_id: "gen-aaa2", duration_seconds: 60 },
    ]);
    assertEquals([document.error?.code, document.cancelled], ["usage", []]);
  });
}

Deno.test("cancel of an unknown id names what there is", async () => {
  const { code, document, err } = await cancelJson("nope", { records: TWO });
  assertEquals([code, document.error?.code, document.server_url], [2, "usage", SERVER_URL]);
  assertEquals(
    err,
    `Error: Cannot cancel "nope": ${SERVER_URL} has no generation with that ID ` +
      "(there is gen-aaa2 or gen-aaa1)\n",
  );
  const none = await cancel("nope");
  assertStringIncludes(none.err, "has no generation with that ID (none is known here)");
});

Deno.test("cancel without any generation has nothing to do, and says who else works", async () => {
  const idle = await cancel("");
  assertEquals([idle.code, idle.err], [0, ""]);
  assertEquals(idle.out, `No generation of this tool to cancel on ${SERVER_URL}\n`);
  const busy = { server: { global: [answered(work(3))] } };
  assertEquals(
    (await cancel("", busy)).out,
    `No generation of this tool to cancel on ${SERVER_URL}; ` +
      "3 images on the server, started elsewhere\n",
  );
  const { code, document } = await cancelJson("--all", busy);
  assertEquals([code, document.cancelled, document.untracked_images], [0, [], 3]);
  const blind = { server: { global: [unanswered("not_permitted")] } };
  assertStringIncludes((await cancel("", blind)).out, "works for others is not known\n");
});

Deno.test("cancel --all stops all of this user and no others", async () => {
  const world = workingFor("gen-aaa1", "gen-aaa2", "gen-other");
  const other = { id: "gen-other", scopes: ["directory"] } as const;
  const foreign = { id: "session-go", foreign: true, scopes: ["directory"] } as const;
  const { code, document, err } = await cancelJson("--all", {
    ...world,
    records: [...TWO, other, foreign],
  });
  assertEquals(code, 0);
  assertEquals(document.cancelled.map(({ outcome }) => outcome), ["stopped", "stopped"]);
  assertEquals(world.images?.interrupted.toSorted(), ["gen-aaa1", "gen-aaa2"]);
  assertStringIncludes(err, "Not touched: 2 generations whose session this user does not have");
});

Deno.test("cancel --older-than says how many it leaves alone for being younger", async () => {
  const world = workingFor("gen-aaa1", "gen-aaa2");
  const left = "Not touched: 2 generations that were started less than 2h ago\n";
  const none = await cancel("--all --older-than 2h", { ...world, records: TWO });
  assertEquals([none.code, none.err, world.images?.interrupted], [0, left, []]);
  const some = await cancel("--all --older-than 1h", { ...world, records: TWO });
  assertEquals([some.code, world.images?.interrupted], [0, ["gen-aaa1"]]);
  assertEquals(some.err, "Not touched: 1 generation that was started less than 1h ago\n");
});

Deno.test("cancel --all --older-than stops those that were started so long ago", async () => {
  const world = workingFor("gen-aaa1", "gen-aaa2");
  const records = [...TWO, { id: "gen-aaa3", startedAt: NOW_MS - 600_000 }];
  await cancel("--all --older-than 10m", { ...world, records });
  assertEquals(world.images?.interrupted, ["gen-aaa1"]);
  const { code, document } = await cancelJson("--all --older-than 2h", { records });
  assertEquals([code, document.cancelled], [0, []]);
});

for (
  const [line, message] of [
    ["--all --everyone", "Cannot use --all with --everyone"],
    ["aaa1 --all", "Cannot use an ID with --all"],
    ["aaa1 --everyone", "Cannot use an ID with --everyone"],
    ["--older-than 1h", "Cannot use --older-than without --all"],
    ["--everyone --older-than 1h", "Cannot use --older-than without --all"],
    ["--all --yes", "Cannot use --yes without --everyone: nothing else asks first"],
    ["--all --older-than soon", 'Cannot use --older-than "soon"'],
    ["a b", 'Cannot use the argument "b"'],
  ] as const
) {
  Deno.test(`cancel refuses "${line}"`, async () => {
    const { code, err } = await cancel(line);
    assertEquals(code, 2);
    assertStringIncludes(err, `Error: ${message}`);
  });
}
