import { assertEquals, assertMatch } from "@std/assert";
import { HEARTBEAT_MS } from "../../src/generation/records/publisher.ts";
import type { CliResult } from "../support/cli_process.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { generateHere } from "../support/program_here.ts";
import { recordedIn } from "../support/records.ts";
import { assertRow, IDLE, lookFrom } from "../support/row.ts";
import type { Row } from "../support/row.ts";
import { ShiftedClock } from "../support/shifted_clock.ts";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { waitFor } from "../support/wait_for.ts";
import { TWO_IMAGES, untilTwoImages } from "./two_images.ts";

/** A run of two images that only the user scope knows about. */
const WITHOUT_FILE: Row = { ...TWO_IMAGES, active: ["generating, alive, working, user"] };

/** A run that writes nothing by itself: its heartbeat comes when its clock is moved. */
interface StillRun extends AsyncDisposable {
  readonly ended: Promise<CliResult>;
  /** Lets it publish itself again, and waits until it has. */
  beat(): Promise<void>;
}

async function startStillRun(stage: Stage): Promise<StillRun> {
  const clock = new ManualClock(Date.now());
  const own = generateHere(["--batch", "2"], { stage, clock });
  await untilTwoImages(stage);
  return {
    ended: own.ended,
    async beat(): Promise<void> {
      await clock.advance(HEARTBEAT_MS);
      await waitFor(
        async () => (await recordedIn(stage.here).catch(() => [])).some((id) => /^gen-/.test(id)),
        { what: "the record to be in the state file" },
      );
    },
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  };
}

Deno.test("status sees a run whose state file was deleted, which the run puts back", async () => {
  await using stage = await openStage();
  await using own = await startStillRun(stage);
  await Deno.remove(stage.stateFile);
  const here = lookFrom(stage);
  await assertRow(here, WITHOUT_FILE);
  await own.beat();
  await assertRow(here, TWO_IMAGES);
  await stage.finish();
  assertEquals((await own.ended).code, 0);
  await assertRow(here, IDLE);
  assertEquals(await recordedIn(stage.here), []);
});

Deno.test("status sees a run whose state file was corrupted, and says what is wrong", async () => {
  await using stage = await openStage();
  await using own = await startStillRun(stage);
  await Deno.writeTextFile(stage.stateFile, '{"sessions": {"gen-');
  const here = lookFrom(stage);
  const found = `Cannot read state file "${stage.stateFile}": line 1 column 20 is not JSON`;
  await assertRow(here, {
    ...WITHOUT_FILE,
    warnings: [found],
  });
  // The next writer moves it aside, and nothing is lost.
  await own.beat();
  await assertRow(here, TWO_IMAGES);
  await stage.finish();
  const { code, err } = await own.ended;
  assertEquals(code, 0);
  assertMatch(err, /^Warning: .*\.corrupt-.*\n$/);
});

Deno.test("status sees a run whose state file was replaced, and keeps what is in the new one", async () => {
  await using stage = await openStage();
  await using own = await startStillRun(stage);
  // As an editor, git or a backup would put it there.
  const replacement = `${stage.elsewhere}/replacement`;
  await Deno.writeTextFile(replacement, JSON.stringify({ sessions: {}, note: "kept" }));
  await Deno.rename(replacement, stage.stateFile);
  const here = lookFrom(stage);
  await assertRow(here, WITHOUT_FILE);
  await own.beat();
  await assertRow(here, TWO_IMAGES);
  assertEquals(JSON.parse(await Deno.readTextFile(stage.stateFile)).note, "kept");
  await stage.finish();
  assertEquals((await own.ended).code, 0);
  await assertRow(here, IDLE);
});

Deno.test("status prunes the ghost that an old copy of the state file brings back", async () => {
  await using stage = await openStage();
  await using own = generateHere(["--batch", "2"], { stage });
  await untilTwoImages(stage);
  const old = await Deno.readTextFile(stage.stateFile);
  await stage.finish();
  await own.ended;
  await Deno.writeTextFile(stage.stateFile, old);
  assertEquals((await recordedIn(stage.here)).length, 1);
  const here = lookFrom(stage);
  // Its heartbeat is recent, and its owner lock is gone: it counts as alive for one lease at most.
  const young = await here(["--format", "json", "--exit-code"]);
  assertEquals(young.code, 8);
  await assertRow(lookFrom(stage, { clock: new ShiftedClock(31_000) }), IDLE);
  assertEquals(await recordedIn(stage.here), []);
  await assertRow(here, IDLE);
});
