import { assertEquals } from "@std/assert";
import { recordedIn, userRecords } from "../support/records.ts";
import { assertRow, IDLE, lookFrom, NO_IMAGES, NO_JOBS } from "../support/row.ts";
import type { Row } from "../support/row.ts";
import { ShiftedClock } from "../support/shifted_clock.ts";
import { openStage } from "../support/stage.ts";
import { waitFor } from "../support/wait_for.ts";
import { TWO_IMAGES, UNCERTAIN_TO_STRANGER, untilTwoImages } from "./two_images.ts";

/** Windows has no signal that stops a process. */
const ignore = Deno.build.os === "windows";

const MINUTE_MS = 60_000;

Deno.test({
  name: "status believes a stopped run while the server works, and no longer than a lease after",
  ignore,
  async fn(): Promise<void> {
    await using stage = await openStage();
    await using generating = stage.generate(["--batch", "2"]);
    await untilTwoImages(stage);
    generating.process.kill("SIGSTOP");
    const later = lookFrom(stage, { clock: new ShiftedClock(MINUTE_MS) });
    await assertRow(later, TWO_IMAGES);

    await stage.finish();
    const done: Row = {
      ...TWO_IMAGES,
      images: NO_IMAGES,
      comfyJobs: NO_JOBS,
      active: ["generating, alive, done, directory user"],
    };
    await assertRow(lookFrom(stage), done);
    await assertRow(later, IDLE);
    // It is alive, so nobody removes its record.
    assertEquals((await recordedIn(stage.here)).length, 1);
    assertEquals((await userRecords(stage)).length, 1);

    generating.process.kill("SIGCONT");
    assertEquals((await generating.end()).code, 0);
    await assertRow(lookFrom(stage), IDLE);
    assertEquals(await recordedIn(stage.here), []);
  },
});

Deno.test({
  name:
    "status on another machine believes that a sleeping laptop is gone until its next heartbeat",
  ignore,
  async fn(): Promise<void> {
    await using stage = await openStage();
    await using generating = stage.generate(["--batch", "2"]);
    await untilTwoImages(stage);
    // It shares the directory and the server; owner locks and sessions stay on the laptop.
    const elsewhere = {
      host: "other-machine",
      env: { ASSET_GENERATOR_STATE_DIR: `${stage.elsewhere}/state` },
    };
    const seen: Row = { ...TWO_IMAGES, active: ["generating, alive, unseen, directory"] };
    await assertRow(lookFrom(stage, elsewhere), seen);

    generating.process.kill("SIGSTOP");
    const later = { ...elsewhere, clock: new ShiftedClock(MINUTE_MS) };
    await assertRow(lookFrom(stage, later), UNCERTAIN_TO_STRANGER);
    generating.process.kill("SIGCONT");
    // The server's time stands still meanwhile, so that the second image is not finished before the
    // laptop writes.
    await stage.pass(() => stage.server.counters.waiting_gens === 1);
    await waitFor(async () => {
      const [record] = await userRecords(stage);
      return record?.["images_done"] === 1;
    }, { what: "the laptop to write again" });
    await assertRow(lookFrom(stage, elsewhere), {
      ...seen,
      images: { outstanding: 1, running: 1, queued: 0, loading_models: 0, untracked: 0 },
      comfyJobs: { remaining: 1, unattributed: 0 },
    });
    await stage.finish();
    assertEquals((await generating.end()).code, 0);
    await assertRow(lookFrom(stage, elsewhere), IDLE);
  },
});
