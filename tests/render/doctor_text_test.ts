/** Everything that `doctor` prints. */
import { assert, assertEquals } from "@std/assert";
import { diagnose } from "../../src/doctor/diagnose.ts";
import type { Diagnosis } from "../../src/doctor/diagnose.ts";
import { doctorDocument } from "../../src/cli/commands/doctor.ts";
import { doctorText } from "../../src/render/doctor_text.ts";
import { assertExpected } from "../support/expected_text.ts";
import { loadSchema } from "../support/json_schema.ts";
import { sampleFacts } from "../support/sample_facts.ts";
import { sampleReport } from "../support/sample_report.ts";

Deno.test("doctorText() says that all is well", () =>
  assertExpected(
    "doctor/well.txt",
    doctorText(diagnose(sampleFacts()), { isColored: false }),
  ));

const ODD: Diagnosis = {
  isCertain: false,
  serverUrl: "http://127.0.0.1:7801",
  checks: [
    {
      id: "a",
      group: "machine",
      state: "warning",
      found: "Odd \x1b[31m",
      advice: "do \u202e this",
    },
    { id: "b", group: "records", state: "missing", found: "Not there", advice: null },
    { id: "c", group: "server", state: "not_checked", found: "Not seen", advice: null },
    { id: "d", group: "verdict", state: "ok", found: "Good", advice: "go on" },
  ],
  obstacles: ["x"],
};

Deno.test("doctorText() puts the advice behind, and shows foreign control characters", () =>
  assertExpected("doctor/odd.txt", doctorText(ODD, { isColored: false })));

Deno.test("doctorText() colours only the states", () => {
  const lines = doctorText(ODD, { isColored: true }).split("\n").filter((line) =>
    /^ {2}/.test(line)
  );
  assertEquals(lines, [
    "  \x1b[33mwarning \x1b[0m Odd \\u{1B}[31m (do \\u{202E} this)",
    "  \x1b[31mmissing \x1b[0m Not there",
    "  \x1b[2m-       \x1b[0m Not seen",
    "  \x1b[32mok      \x1b[0m Good (go on)",
  ]);
});

/** Scripts rely on the ids: none may be removed, and none may change its group. */
const IDS: Readonly<Record<string, readonly string[]>> = {
  machine: [
    ..."net_permission environment hostname state_directory state_locks".split(" "),
    ..."user_directory user_locks private_modes held_locks proxy".split(" "),
  ],
  records: "directory_records user_records ghosts leftovers server_names other_servers".split(" "),
  server: [
    ..."server login clock version global_status backends comfy_queue".split(" "),
    ..."backend_states session logins".split(" "),
  ],
  verdict: ["verdict", "blind_spots"],
};

Deno.test("doctorDocument() has every check, whatever was found, and fits its schema", async () => {
  const faultsOf = await loadSchema("doctor.v1.json");
  const nothing = sampleFacts({ report: sampleReport({ reach: "offline" }), probe: null });
  for (const facts of [sampleFacts(), nothing]) {
    const diagnosis = diagnose(facts);
    const error = diagnosis.obstacles.length === 0 ? null : { code: "unreachable", message: "x" };
    const document = doctorDocument(diagnosis, error);
    assertEquals(faultsOf(JSON.parse(JSON.stringify(document))), []);
    assertEquals(document["certain"], facts !== nothing);
    const ids = Object.groupBy(diagnosis.checks, ({ group }) => group);
    for (const [group, checks] of Object.entries(ids)) {
      assertEquals(checks.map(({ id }) => id), IDS[group]);
    }
  }
});

Deno.test("doctor.v1.json refuses other states, groups and empty texts", async () => {
  const faultsOf = await loadSchema("doctor.v1.json");
  const [check] = diagnose(sampleFacts()).checks;
  for (const wrong of [{ state: "-" }, { group: "network" }, { found: "" }, { id: "No id" }]) {
    const document = {
      ...doctorDocument(diagnose(sampleFacts()), null),
      checks: [{ ...check, ...wrong }],
    };
    assert(faultsOf(document).length > 0);
  }
});
