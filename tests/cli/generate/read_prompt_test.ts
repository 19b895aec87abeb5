/** A prompt from a pipe that nobody ends. */
import { assertEquals, assertRejects } from "@std/assert";
import { readPrompt } from "../../../src/cli/generate/read_prompt.ts";
import { AppError } from "../../../src/errors.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { waitFor } from "../../support/wait_for.ts";

const BASE = { prompt: undefined, promptFile: undefined, timeout: 4_000 };

Deno.test("readPrompt() ends with --timeout if the pipe of the prompt is never closed", async () => {
  for (const asked of [{ promptFile: "pipe" }, { prompt: "-" }]) {
    const clock = new ManualClock(0);
    const files = { read: () => new Promise<Uint8Array>(() => {}) };
    const reading = readPrompt(
      { ...BASE, ...asked },
      { clock, openFiles: () => Promise.resolve(files) },
    );
    const refused = assertRejects(
      () => reading,
      AppError,
      "Timed out before anything was sent to the server",
    );
    await waitFor(() => clock.sleeperCount > 0, { what: "the time limit" });
    await clock.advance(4_000);
    assertEquals((await refused).code, "timed_out");
  }
});
