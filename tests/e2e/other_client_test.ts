import { assertEquals, assertStringIncludes } from "@std/assert";
import { otherClient } from "../support/other_client.ts";
import { openStage } from "../support/stage.ts";

Deno.test("status counts another client's images exactly, as untracked", async () => {
  await using stage = await openStage();
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(3);
  await stage.untilWorking(3);
  const status = await stage.status();
  assertEquals(
    [status.verdict, status.generations_running, status.generations_running_basis],
    ["busy", 1, "at_least"],
  );
  const { outstanding, running, queued, untracked } = status.images;
  assertEquals({ outstanding, running, queued, untracked }, {
    outstanding: 3,
    running: 1,
    queued: 2,
    untracked: 3,
  });
  assertEquals(status.active_generations, []);
  assertEquals(status.comfy_jobs.unattributed, 0);
  assertStringIncludes(
    await stage.statusText(),
    "\nUntracked: 3 images on the server (1 running, 2 queued), started elsewhere\n",
  );
  await stage.finish();
  const after = await stage.status();
  assertEquals([after.verdict, after.generations_running], ["idle", 0]);
});

Deno.test("status distinguishes another client's images from its own generation's", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "2"]);
  await stage.untilWorking(2);
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(3);
  await stage.untilWorking(5);
  const status = await stage.status();
  assertEquals([status.generations_running, status.generations_running_basis], [2, "at_least"]);
  assertEquals(status.active_generations.map((one) => one.images_total), [2]);
  assertEquals([status.images.outstanding, status.images.untracked], [5, 3]);
  const text = await stage.statusText();
  assertStringIncludes(text, "\n  Generation 1:\n");
  assertStringIncludes(text, "\nUntracked: 3 images on the server (");
  await stage.finish();
  assertEquals((await generating.end()).code, 0);
  assertEquals((await stage.status()).verdict, "idle");
});

Deno.test("status goes on counting a client's images after the client has left", async () => {
  await using stage = await openStage();
  const client = await otherClient(stage.server.url);
  await using work = client.generate(2);
  await stage.untilWorking(2);
  await work[Symbol.asyncDispose]();
  assertEquals((await stage.status()).images.untracked, 2);
  await stage.finish();
  assertEquals((await stage.status()).verdict, "idle");
});

Deno.test("status reports a job that was sent straight to ComfyUI", async () => {
  await using stage = await openStage();
  const client = await otherClient(stage.server.url);
  await client.sendToComfy();
  const status = await stage.status();
  assertEquals([status.verdict, status.generations_running], ["busy", 1]);
  assertEquals([status.images.outstanding, status.images.untracked], [0, 0]);
  const { remaining, unattributed } = status.comfy_jobs;
  assertEquals({ remaining, unattributed }, { remaining: 1, unattributed: 1 });
  assertStringIncludes(
    await stage.statusText(),
    "\nUnattributed: 1 ComfyUI job, " +
      "sent straight to ComfyUI or the rest of an interrupted run\n",
  );
  await stage.finish();
  assertEquals((await stage.status()).verdict, "idle");
});
