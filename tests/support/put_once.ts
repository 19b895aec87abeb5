/** `put_once.ts FILE`: puts one record into a named state file, and prints `put` or the error. */
import { createFileStore } from "../../src/state/records/file_store.ts";
import { sampleRecord } from "./sample_records.ts";

const [path = ""] = Deno.args;
const store = createFileStore({ path, isNamed: true, clock: Date });
try {
  await store.put({ record: sampleRecord(), session: null });
  console.log("put");
} catch (error) {
  console.log(String(error));
}
