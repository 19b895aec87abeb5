/**
 * Publishes as a generation does, on a machine of its own: for tests with real processes.
 *
 * `network_writer.ts URL NAME COUNT`: publishes `NAME-0`, `NAME-1` … and prints `published`; a line of
 * standard input later it removes them and prints `removed`.
 */
import { openRedisNetwork } from "../../src/network/redis_network.ts";
import { SystemClock } from "../../src/system/system_clock.ts";
import { sampleRecord } from "./sample_records.ts";

const [url = "", name = "", count = "0"] = Deno.args;
await using network = openRedisNetwork({
  url,
  prefix: "test:",
  sharesSessions: false,
  clock: new SystemClock(),
});
const ids = Array.from({ length: Number(count) }, (_, index) => `${name}-${index}`);
for (const id of ids) {
  await network.store.put({ record: sampleRecord({ id, host: name }), session: null });
}
console.log("published");
await Deno.stdin.read(new Uint8Array(10));
for (const id of ids) await network.store.remove(id);
console.log("removed");
