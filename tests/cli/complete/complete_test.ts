/** `asset-generator complete`: what the scripts of `completions` read. */
import { assert, assertEquals } from "@std/assert";
import { completionScript, SHELLS } from "../../../src/cli/complete/scripts.ts";
import { runProgram } from "../../../src/cli/program.ts";
import type { GenerationRecord } from "../../../src/generation/generation.ts";
import { FakeStore } from "../../support/fake_store.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { sampleRecord } from "../../support/sample_records.ts";
import { testContext } from "../../support/test_context.ts";
import type { TestContextOptions } from "../../support/test_context.ts";
import { waitFor } from "../../support/wait_for.ts";

async function complete(
  args: readonly string[],
  options: TestContextOptions = {},
): Promise<string> {
  const context = testContext(options);
  assertEquals(await runProgram(["complete", ...args], context), 0);
  assertEquals(context.terminal.errText, "");
  return context.terminal.outText;
}

/** A store with one record for each description that a test gives. */
function storeOf(...records: readonly Partial<GenerationRecord>[]): FakeStore {
  return new FakeStore(
    "user",
    records.map((one) => ({ record: sampleRecord(one), session: null })),
  );
}

Deno.test("complete answers each shell in its way", async () => {
  const brief = "Say whether a generation is in progress, and how that is known";
  assertEquals(await complete(["zsh", "sta"]), `words\nstatus\t${brief}\n`);
  assertEquals(await complete(["fish", "sta"]), `words\nstatus\t${brief}\n`);
  assertEquals(await complete(["bash", " =", "x sta"]), "words\nstatus\n");
  assertEquals(await complete(["bash", " =", "x -f=js"]), "words\njson\n");
  assertEquals(
    await complete(["powershell", "=sta"]),
    `words\nstatus\t${encodeURIComponent(brief)}\n`,
  );
  assertEquals(
    await complete(["powershell", "=status", "=-f", "="]),
    "words\ntable\t\njson\t\nyaml\t\n",
  );
  assertEquals(await complete(["zsh", "status", "--output="]), "files\t--output=\n");
  assertEquals(
    await complete(["fish", "generate", "image", "--output-dir", ""]),
    "directories\t\n",
  );
});

Deno.test("complete describes each option in a few words", async () => {
  assertEquals(
    await complete(["zsh", "status", "--no-m"]),
    "words\n--no-models\tDo not count the models\n",
  );
});

Deno.test("complete knows the generations that have a record", async () => {
  const stores = [
    storeOf({ id: "gen-a" }, { id: "gen-b", status: "pending", progress: null }),
    storeOf({ id: "gen-a", progress: 0.1, updatedAt: 0 }, { id: "not; an id" }),
  ];
  const out = await complete(["zsh", "cancel", "gen"], {
    adapters: { stores: () => Promise.resolve(stores) },
  });
  assertEquals(out, "words\ngen-a\tgenerating, 45%\ngen-b\tpending\n");
});

Deno.test("complete offers nothing that is not there in time", async () => {
  const clock = new ManualClock();
  const store = storeOf({ id: "gen-a" });
  store.gate = new Promise(() => {});
  const answered = complete(["zsh", "cancel", ""], {
    clock,
    adapters: { stores: () => Promise.resolve([store]) },
  });
  await waitFor(() => clock.sleeperCount === 1, { what: "complete to wait" });
  await clock.advance(140);
  assertEquals(await answered, "words\n");
});

Deno.test("complete prints no errors", async () => {
  const failing = {
    adapters: { stores: () => Promise.reject(new Error("no such thing")) },
  };
  assertEquals(await complete(["zsh", "cancel", ""], failing), "");
  assertEquals(await complete(["zsh", "--api-url", "nonsense", "cancel", ""], failing), "");
  assertEquals(await complete(["powershell", "=%"]), "");
  assertEquals(await complete(["zsh", "nonsense", ""]), "words\n");
});

Deno.test("complete is a hidden command", async () => {
  const context = testContext();
  assertEquals(await runProgram(["--help"], context), 0);
  assert(!/^ {2}complete /m.test(context.terminal.outText));
});

Deno.test("completions prints the script of a shell, and asks for one that it has", async () => {
  for (const shell of SHELLS) {
    const context = testContext();
    assertEquals(await runProgram(["completions", shell], context), 0);
    assertEquals(context.terminal.outText, completionScript(shell));
  }
  const context = testContext();
  assertEquals(await runProgram(["completions"], context), 2);
  assertEquals(
    context.terminal.errText,
    "Error: Cannot choose a shell: name it (bash, zsh, fish or powershell)\n",
  );
});
