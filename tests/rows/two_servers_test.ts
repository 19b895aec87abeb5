import { assertEquals } from "@std/assert";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { generateHere } from "../support/program_here.ts";
import { openRelay } from "../support/relay.ts";
import { assertRow, IDLE, lookFrom, NOTHING_RUNS } from "../support/row.ts";
import type { Look } from "../support/row.ts";
import { MODEL, openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { TWO_IMAGES, untilTwoImages } from "./two_images.ts";

function lookAt(stage: Stage, url: string): Look {
  return lookFrom(stage, { env: { ASSET_GENERATOR_API_URL: url } });
}

Deno.test("status counts one server's run, and mentions it when another server is asked", async () => {
  await using stage = await openStage();
  await using other = await startSimulator({ clock: new ManualClock() });
  await using _own = generateHere(["--batch", "2"], { stage });
  await untilTwoImages(stage);
  await assertRow(lookFrom(stage), TWO_IMAGES);
  const line = `Not counted: 1 record of another server, ${stage.server.url}`;
  await assertRow(lookAt(stage, other.url), { ...IDLE, text: [NOTHING_RUNS, "", line] });
  await other.stop();
  await assertRow(lookFrom(stage), TWO_IMAGES);
});

Deno.test("status treats localhost and 127.0.0.1 as one server", async () => {
  await using stage = await openStage();
  await using _own = generateHere(["--batch", "2"], { stage });
  await untilTwoImages(stage);
  await assertRow(lookAt(stage, stage.server.url.replace("127.0.0.1", "localhost")), TWO_IMAGES);
});

Deno.test("status knows a server under another address, also after its restart", async () => {
  await using stage = await openStage();
  await using relay = openRelay(stage.server.port);
  const there = lookAt(stage, relay.url);
  {
    await using _own = generateHere(["--batch", "2"], { stage });
    await untilTwoImages(stage);
    await assertRow(there, TWO_IMAGES);
    await assertRow(lookFrom(stage), TWO_IMAGES);
  }
  await stage.server.restart({ isKilled: true });
  await assertRow(there, IDLE);
  stage.server.clearRequests();
  await using _own = generateHere(["--batch", "2", "--model", MODEL], { stage });
  await untilTwoImages(stage);
  // The kept session is older than the record, so the server is asked once which server it is now.
  await assertRow(there, TWO_IMAGES);
  await assertRow(lookFrom(stage), TWO_IMAGES);
});

Deno.test("status gives no credentials to the address that a record names", async () => {
  await using stage = await openStage();
  await using relay = openRelay(stage.server.port);
  await using _own = generateHere(["--batch", "2"], { stage });
  await untilTwoImages(stage);
  stage.server.clearRequests();
  const env = { ASSET_GENERATOR_API_URL: relay.url, ASSET_GENERATOR_API_KEY: "sesame" };
  await assertRow(lookFrom(stage, { env }), TWO_IMAGES);
  const keys = stage.server.requests.map(({ route, headers }) =>
    [route === "GetCurrentStatus", headers["authorization"]].join(" ")
  );
  assertEquals([...new Set(keys)].sort(), ["false Bearer sesame", "true "]);
});
