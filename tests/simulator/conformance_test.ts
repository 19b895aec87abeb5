/** The simulator against recordings of a real server (`swarmui-protocol.md`). */
import { assertEquals } from "@std/assert";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { problemsOf } from "./agreement.ts";
import { Replay } from "./replay.ts";
import { RECORDED, type Scenario, SCENARIOS } from "./scenarios.ts";
import { readTranscript } from "./transcript.ts";

for (const scenario of SCENARIOS) {
  const about = scenario.about === undefined ? "" : `: ${scenario.about}`;
  Deno.test(`startSimulator() answers as recorded in ${scenario.name}${about}`, async () => {
    assertEquals(problemsOf(await replay(scenario), scenario.loose), []);
  });
}

async function replay(scenario: Scenario): Promise<Replay> {
  const { steps, samples } = await readTranscript(scenario.name);
  const fromMs = scenario.fromMs ?? 0;
  const untilMs = scenario.untilMs ?? Infinity;
  const clock = new ManualClock();
  await using simulator = await startSimulator({ ...RECORDED, ...scenario.server, clock });
  const player = new Replay(simulator, clock, { ...scenario.replay, fromMs });
  const part = steps.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);
  const near = samples.filter(({ atMs }) => atMs < untilMs);
  await player.play({ steps: part, samples: near });
  return player;
}
