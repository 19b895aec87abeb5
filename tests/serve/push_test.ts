/** ComfyUI's own sockets tell `serve` what changes, long before its interval is over. */
import { assertEquals } from "@std/assert";
import { MemoryTerminal } from "../support/memory_terminal.ts";
import { startHere } from "../support/program_here.ts";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { waitFor } from "../support/wait_for.ts";
import { EventReader } from "./event_reader.ts";

async function openReader(stage: Stage): Promise<{
  readonly reader: EventReader;
  close(): Promise<void>;
}> {
  const terminal = new MemoryTerminal();
  const run = startHere("serve --port 0 --quiet --interval 1m".split(" "), { stage, terminal });
  await waitFor(() => terminal.outText.includes("\n"), { what: "the address" });
  const reader = await EventReader.open(terminal.outText.trim());
  await reader.untilTold(1);
  return {
    reader,
    close: async () => {
      await reader[Symbol.asyncDispose]();
      await run[Symbol.asyncDispose]();
    },
  };
}

/** How many sockets observe a queue. */
function sockets(stage: Stage): number {
  return stage.server.requests.filter(({ method, route }) =>
    method === "UPGRADE" && route === "ComfyBackendDirect"
  ).length;
}

Deno.test("serve knows at once of work in a ComfyUI, and of its end", async () => {
  await using stage = await openStage();
  const { reader, close } = await openReader(stage);
  await waitFor(() => sockets(stage) === 1, { what: "the socket" });
  // A job that only this ComfyUI knows about.
  stage.server.addComfyJob(0, 1_000);
  await reader.untilTold(2);
  await stage.clock.advance(1_000);
  await reader.untilTold(3);
  assertEquals(reader.told, [
    "verdict.changed idle",
    "verdict.changed busy",
    "verdict.changed idle",
  ]);
  // Observing is not work, and no counter counts it.
  assertEquals(Object.values(stage.server.counters), [0, 0, 0, 0]);
  await close();
});

Deno.test("serve that may not observe asks as ever, and tries no socket again and again", async () => {
  await using stage = await openStage({ role: "user" });
  const { reader, close } = await openReader(stage);
  assertEquals(reader.told, ["verdict.changed unknown"]);
  assertEquals(sockets(stage) <= 1, true);
  await close();
});

Deno.test("serve notices that an observed ComfyUI dies", async () => {
  await using stage = await openStage();
  const { reader, close } = await openReader(stage);
  await waitFor(() => sockets(stage) === 1, { what: "the socket" });
  stage.server.addComfyJob(0, 60_000);
  await reader.untilTold(2);
  stage.server.killComfy(0);
  await reader.untilTold(3);
  assertEquals(reader.told[2], "verdict.changed idle");
  await close();
});
