/**
 * Measures how fast `status` is, side by side with other programs in one run, and prints the
 * figures beside the goals. It checks nothing: the figures are those of this machine at this
 * moment.
 *
 * Needs `--allow-read --allow-write --allow-run`, and `--allow-net=127.0.0.1` for the simulator.
 */
import { startSimulator } from "../src/simulator/simulator.ts";
import { sectionText } from "./bench/bench_table.ts";
import { measureManyRecords } from "./bench/many_records.ts";
import { measureManyServers } from "./bench/many_servers.ts";
import { countRequests } from "./bench/requests.ts";
import { measureSizes } from "./bench/sizes.ts";
import { measureStartUp } from "./bench/start_up.ts";
import { openWorkshop } from "./bench/workshop.ts";
import { measureWriters } from "./bench/writers.ts";

async function main(directory: string): Promise<void> {
  const workshop = await openWorkshop(directory);
  await using server = await startSimulator();
  console.log(sectionText(await measureStartUp(workshop, server.url)));
  console.log(sectionText(await countRequests(workshop, server)));
  console.log(sectionText(await measureSizes(workshop)));
  console.log(sectionText(await measureManyRecords(workshop, server.url)));
  console.log(sectionText(await measureManyServers(workshop)));
  console.log(sectionText(await measureWriters(directory)));
}

if (import.meta.main) {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "asset-generator-" }));
  try {
    await main(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
