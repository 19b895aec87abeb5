/**
 * Generates over a network that loses connections, and kills processes that generate; says what is
 * amiss: a picture that the server made and that is not on disk, or twice, an exit code that is not
 * true, a record that is left. Exits 1 if anything is.
 *
 * Not among the tests: `soak:lossy [GENERATIONS [SEED]]`, 200 and 2026 if nothing is said, takes two
 * minutes. Needs `--allow-read --allow-write --allow-run --allow-env`, and `--allow-net=127.0.0.1`.
 */
import { runKilled } from "../tests/support/killed_world.ts";
import { runLossy } from "../tests/support/lossy_world.ts";

const GENERATIONS = 200;
const SEED = 2026;
const KILLS = 30;

if (import.meta.main) {
  const [generations = GENERATIONS, seed = SEED] = Deno.args.map(Number);
  const lossy = await runLossy({
    generations,
    parallel: 6,
    factor: 20,
    requestTimeoutMs: 300,
    losses: { seed, percent: 45, withinMs: 900, stallMs: 3_000 },
  });
  console.log(
    `${generations} generations of 3, ${lossy.harmed} connections harmed, ${lossy.lost} generations ` +
      `without theirs, ${lossy.pictures} pictures; exit codes ${JSON.stringify(lossy.codes)}`,
  );
  const killed = await runKilled({ runs: KILLS, seed });
  console.log(`${KILLS} processes killed; attach: ${KILLS - killed.faults.length} of ${KILLS}`);
  const faults = [...lossy.faults, ...killed.faults];
  for (const fault of faults) console.log(`wrong: ${fault}`);
  if (faults.length > 0) Deno.exitCode = 1;
}
