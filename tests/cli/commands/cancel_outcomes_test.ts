import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ServerRefusedError } from "../../../src/errors.ts";
import { BUSY, cancel, cancelJson, workingFor } from "../../support/cancel_world.ts";
import { assertExpected } from "../../support/expected_text.ts";
import { FakeStore } from "../../support/fake_store.ts";
import { answered, QUIET, unanswered, work } from "../../support/sample_answers.ts";
import { SERVER_URL } from "../../support/sample_records.ts";

Deno.test("cancel stops an orphan, says how it ended and removes its record", async () => {
  const world = workingFor("gen-aaa1");
  const { code, document, pruned, ends } = await cancelJson("", {
    ...world,
    server: {
      ...world.server,
      global: [answered(BUSY), answered(BUSY), answered(QUIET)],
      sessions: { "gen-aaa1": [answered(BUSY), answered(BUSY), answered(QUIET)] },
    },
    records: [{ id: "gen-aaa1", lock: "free" }],
  });
  assertEquals([code, document.cancelled[0]?.orphaned], [0, true]);
  assertEquals(document.cancelled[0]?.winding_down, true);
  assertEquals(pruned, ["gen-aaa1", "gen-aaa1"]);
  assertEquals(ends.map(({ id, outcome }) => [id, outcome]), [["gen-aaa1", "cancelled"]]);
});

Deno.test("cancel counts the images of a generation without a process by the server's counters", async () => {
  const { document } = await cancelJson("", {
    ...workingFor("gen-aaa1"),
    records: [{ id: "gen-aaa1", lock: "free", detached: true, imagesTotal: 6, imagesDone: 0 }],
  });
  // Four of six are still waiting.
  assertEquals(document.cancelled[0]?.images_done, 2);
});

Deno.test("cancel of a generation that is over says so", async () => {
  const { code, document } = await cancelJson("aaa1", {
    records: [{ id: "gen-aaa1", lock: "free" }],
  });
  assertEquals([code, document.cancelled[0]?.outcome], [0, "was_over"]);
});

Deno.test("cancel waits for a pending generation 10 s at most", async () => {
  const { code, document, err } = await cancelJson("", {
    records: [{ id: "gen-aaa1", status: "pending", hasSession: false }],
  });
  assertEquals([code, document.cancelled[0]?.outcome], [4, "not_started"]);
  assertEquals(document.error?.code, "unknown");
  assertEquals(
    err,
    "Waiting for gen-aaa1: it has not reached the server yet\n" +
      "Error: Cannot cancel gen-aaa1: it did not reach the server within 10 s " +
      "(try again, or end process 4711 on workstation)\n",
  );
});

for (
  const [name, placed] of [
    ["another user's generation", { id: "gen-aaa1", scopes: ["directory"] }],
    ["a generation of another tool", { id: "session-go", foreign: true, scopes: ["directory"] }],
  ] as const
) {
  Deno.test(`cancel of ${name} says that its session is not held here`, async () => {
    const { code, document } = await cancelJson("", {
      server: { global: [answered(work(3))] },
      records: [placed],
    });
    assertEquals([code, document.cancelled[0]?.outcome, document.error?.code], [
      4,
      "no_session",
      "unknown",
    ]);
    assertStringIncludes(document.error?.message ?? "", "this user does not have its session");
  });
}

Deno.test("cancel says which permission keeps it from this user's sessions", async () => {
  const userScope = new FakeStore("user");
  userScope.reading = {
    answered: false,
    reason: "permission",
    needs: "--allow-read=/state",
    message: "Deno does not allow reading this user's records",
  };
  const world = { userScope, records: [{ id: "gen-aaa1", scopes: ["directory"] }] } as const;
  for (const line of ["", "--all"]) {
    const { code, document } = await cancelJson(line, world);
    assertEquals([code, document.error?.code], [4, "not_permitted"]);
    assertStringIncludes(document.error?.message ?? "", "(add --allow-read=/state)");
  }
});

Deno.test("cancel without the permission says so in the server's words", async () => {
  const world = workingFor("gen-aaa1", "gen-aaa2");
  assert(world.images);
  world.images.refusal = new ServerRefusedError(
    "Cannot interrupt the generation: You lack permissions (it needs the permission x)",
  );
  const { code, document } = await cancelJson("--all", {
    ...world,
    records: [{ id: "gen-aaa1" }, { id: "gen-aaa2" }],
  });
  assertEquals([code, document.error?.code], [4, "refused"]);
  assertEquals(document.cancelled.map(({ outcome }) => outcome), ["not_allowed", "not_allowed"]);
  assertEquals(
    document.error?.message,
    "Cannot cancel gen-aaa1: cannot interrupt the generation: You lack permissions " +
      "(it needs the permission x); 1 more could not be cancelled",
  );
});

Deno.test("cancel ends with 3 if the work goes on, and with 130 at Ctrl-C", async () => {
  const world = workingFor("gen-aaa1");
  assert(world.images);
  world.images.obeys = false;
  const records = [{ id: "gen-aaa1" }];
  const late = await cancelJson("", { ...world, records });
  assertEquals([late.code, late.document.cancelled[0]?.outcome], [3, "still_running"]);
  assertStringIncludes(
    late.err,
    "gen-aaa1 stopped: the server accepted the request to stop, but after 10 s it still counts 4 images, 2 of them at a backend: a ComfyUI",
  );
  const stopped = await cancelJson("", { ...world, records, interruptAtMs: 1_000 });
  assertEquals([stopped.code, stopped.document.error?.code], [130, "interrupted"]);
  assertEquals(stopped.listeners, 0);
});

Deno.test("cancel ends with 5 if the server does not answer", async () => {
  const down = unanswered("unreachable", { message: "connection refused" });
  const server = {
    global: [down],
    backends: [down],
    models: [down],
    resources: [down],
    queues: { first: [down] },
    sessions: { "gen-aaa1": [down] },
  };
  for (const line of ["", "aaa1", "--all"]) {
    const { code, document } = await cancelJson(line, { server, records: [{ id: "gen-aaa1" }] });
    assertEquals([code, document.error?.code, document.cancelled], [5, "unreachable", []]);
  }
});

Deno.test("cancel needs no login where it has the session", async () => {
  const refused = unanswered("refused", { message: "Invalid or unauthorized." });
  const server = {
    global: [refused],
    backends: [refused],
    resources: [refused],
    queues: { first: [refused] },
    identity: null,
  };
  const { images } = workingFor("gen-aaa1");
  assert(images);
  const { code, document } = await cancelJson("", {
    server,
    images,
    records: [{ id: "gen-aaa1" }],
  });
  assertEquals([code, document.cancelled[0]?.outcome], [0, "stopped"]);
  assertEquals(document.cancelled[0]?.winding_down, null);
  const { code: without } = await cancel("", { server });
  assertEquals(without, 4);
});

Deno.test("cancel says so if it may not read the user's records", async () => {
  const userScope = new FakeStore("user");
  userScope.reading = {
    answered: false,
    reason: "permission",
    message: "Cannot read the user's records",
    needs: "--allow-read=/state",
  };
  const message = "Cannot read the user's records (add --allow-read=/state)";
  const busy = workingFor("gen-other");
  for (const line of ["", "aaa1", "--all"]) {
    const { code, document } = await cancelJson(line, { ...busy, userScope });
    assertEquals([line, code, document.error?.message], [line, 4, message]);
  }
  const idle = await cancelJson("", { userScope });
  assertEquals([idle.code, idle.document.error], [0, null], "nothing runs that could be stopped");
});

Deno.test("cancel of another server's generation says which --api-url to give", async () => {
  const other = "http://10.0.0.9:7801";
  const { code, document, opened } = await cancelJson("aaa1", {
    records: [{ id: "gen-aaa1", serverUrl: other, sessionUrl: other }],
  });
  assertEquals([code, document.error?.code, opened], [2, "usage", []]);
  assertStringIncludes(document.error?.message ?? "", `--api-url ${other})`);
});

Deno.test("cancel sends a session to its own address, without credentials for another one", async () => {
  const alias = "http://workstation:7801";
  const { code, opened } = await cancel("aaa1 --api-key key --token token", {
    ...workingFor("gen-aaa1"),
    records: [{ id: "gen-aaa1", serverUrl: alias, sessionUrl: alias, serverId: "server-1" }],
  });
  assertEquals([code, opened], [0, [[alias, null, null]]]);
  const same = await cancel("--api-key key --token token", {
    ...workingFor("gen-aaa1"),
    records: [{ id: "gen-aaa1" }],
  });
  assertEquals(same.opened, [[SERVER_URL, "key", "token"]]);
});

Deno.test("cancel lists what it stopped and what it did not under separate headings", async () => {
  const mixed = workingFor("gen-aaa1");
  const { code, out } = await cancel("--all", {
    ...mixed,
    records: [
      { id: "gen-aaa1" },
      { id: "gen-aaa2", status: "pending", hasSession: false },
    ],
  });
  assertEquals(code, 4);
  await assertExpected("cancel/one_of_two.txt", out);
  const other = await cancel("", {
    server: { global: [answered(work(3))] },
    records: [{ id: "gen-aaa1", scopes: ["directory"] }],
  });
  assertEquals(other.code, 4);
  await assertExpected("cancel/another_users.txt", other.out);
});
