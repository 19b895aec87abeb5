/** What a look costs a quiet server: how many requests, and in how many round trips. */
import { assertEquals } from "@std/assert";
import { runHere } from "../support/program_here.ts";
import { MODEL, openStage } from "../support/stage.ts";

const TWO = [{ model: MODEL }, { type: "comfyui_api", model: MODEL }];
const FIRST_ROUND = ["GetGlobalStatus", "GetServerResourceInfo", "ListBackends", "ListModels"];
const QUEUES = ["ComfyBackendDirect", "ComfyBackendDirect"];

Deno.test("status asks a quiet server of two ComfyUIs 7 times, and 6 times from then on", async () => {
  await using stage = await openStage({ backends: TWO });
  const rounds: string[][] = [];
  for (let look = 0; look < 3; look++) {
    stage.server.clearRequests();
    const { out } = await runHere(["status", "--format", "json"], { stage });
    assertEquals(JSON.parse(out).generations_running_basis, "exact");
    const routes = stage.server.requests.map(({ route }) => route);
    // All questions of a round are sent before the first answer is waited for.
    const sessions = routes.filter((route) => route === "GetNewSession");
    const first = routes.slice(sessions.length, -QUEUES.length).toSorted();
    rounds.push(sessions, first, routes.slice(-QUEUES.length));
  }
  assertEquals(rounds, [
    ["GetNewSession"],
    FIRST_ROUND,
    QUEUES,
    [],
    FIRST_ROUND,
    QUEUES,
    [],
    FIRST_ROUND,
    QUEUES,
  ]);
});

Deno.test("status waits for a quiet server twice: for the first round, and for the queues", async () => {
  await using stage = await openStage({ backends: TWO });
  await runHere(["status"], { stage });
  stage.server.clearRequests();
  const delayMs = 200;
  // The server's time is moved by hand: a round is over when it was moved by a delay.
  stage.server.fault({ route: "*", kind: "slow", delayMs, times: 6 });
  let hasEnded = false;
  const looking = runHere(["status", "--exit-code"], { stage }).finally(() => hasEnded = true);
  await stage.untilAsked("ListModels");
  await stage.untilAsked("GetServerResourceInfo");
  await stage.untilAsked("GetGlobalStatus");
  await stage.untilAsked("ListBackends");
  assertEquals(stage.server.requests.length, 4);
  await stage.clock.advance(delayMs);
  await stage.untilAsked("ComfyBackendDirect", 2);
  assertEquals(stage.server.requests.length, 6);
  assertEquals(hasEnded, false);
  await stage.clock.advance(delayMs);
  assertEquals((await looking).code, 0);
  assertEquals(stage.server.requests.length, 6);
});
