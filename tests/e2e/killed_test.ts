import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { userRecords } from "../support/records.ts";
import { openStage } from "../support/stage.ts";

Deno.test("status calls a killed generation orphaned while the server works, then idle", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "2"]);
  await stage.untilWorking(2);
  generating.process.kill("SIGKILL");
  await generating.end();

  const orphaned = await stage.status({ cwd: stage.elsewhere });
  assertEquals(
    [orphaned.verdict, orphaned.generations_running, orphaned.generations_running_basis],
    ["busy", 1, "exact"],
  );
  const [generation] = orphaned.active_generations;
  assertEquals(
    [generation?.owner, generation?.server, generation?.orphaned, generation?.verified],
    ["gone", "working", true, true],
  );
  assertEquals(orphaned.images.untracked, 0);
  const text = await stage.statusText();
  assertMatch(text, /\n {2}Generation 1:\n {4}Session ID: {4}gen-[0-9a-z]{8}\n/);
  assertStringIncludes(
    text,
    "orphaned: its process is gone, but the server is still working on it\n",
  );
  assertEquals(await stage.recordedIds(), [generation?.session_id ?? ""]);

  await stage.finish();
  assertEquals((await stage.status({ cwd: stage.elsewhere })).verdict, "idle");
  const after = await stage.status();
  assertEquals([after.generations_running, after.active_generations], [0, []]);
  assertStringIncludes(await stage.statusText(), "\nNo generations currently running\n");
  assertEquals(await stage.recordedIds(), []);
  assertEquals(await userRecords(stage), []);
});

Deno.test("status prunes a generation that was killed before it sent anything", async () => {
  await using stage = await openStage();
  stage.server.fault({ route: "ListModels", kind: "hang" });
  await using generating = stage.generate();
  await stage.untilAsked("ListModels");
  const before = await stage.status();
  assertEquals(before.active_generations.map(({ status }) => status), ["pending"]);
  assertEquals(before.verdict, "busy");
  generating.process.kill("SIGKILL");
  await generating.end();
  const after = await stage.status();
  assertEquals([after.verdict, after.generations_running], ["idle", 0]);
  assertEquals(await stage.recordedIds(), []);
  assertEquals(stage.asked("GenerateText2ImageWS"), 0);
});

Deno.test("status keeps a killed generation in doubt while the server does not answer", async () => {
  await using stage = await openStage();
  await using generating = stage.generate();
  await stage.untilWorking(1);
  generating.process.kill("SIGKILL");
  await generating.end();
  await stage.server.stop({ isKilled: true });

  const down = await stage.status();
  assertEquals([down.verdict, down.generations_running], ["unreachable", null]);
  assertEquals(down.uncertain_generations.map(({ owner, server }) => [owner, server]), [
    ["gone", "unseen"],
  ]);
  const text = await stage.statusText();
  assertStringIncludes(text, "\nServer not reachable; records only\n");
  assertStringIncludes(text, "\nUncertain Generations\n");
  assertStringIncludes(text, "uncertain: its process is gone, and the server could not be asked\n");
  assertEquals((await stage.recordedIds()).length, 1);

  await stage.server.start();
  const restarted = await stage.status();
  assertEquals([restarted.verdict, restarted.generations_running], ["idle", 0]);
  assertEquals(await stage.recordedIds(), []);
});
