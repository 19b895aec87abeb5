/** Reads the files of records, and changes them by hand. */
import type { Stage } from "./stage.ts";
import { waitFor } from "./wait_for.ts";

type Json = Readonly<Record<string, unknown>>;

/** The records of the user scope. */
export async function userRecords(stage: Stage): Promise<readonly Json[]> {
  const records: Json[] = [];
  const folder = `${stage.stateDirectory}/generations`;
  try {
    for await (const { name } of Deno.readDir(folder)) {
      // The directory also has the lock, and files that are being written.
      if (!name.endsWith(".json")) continue;
      const text = await Deno.readTextFile(`${folder}/${name}`);
      records.push(JSON.parse(text));
    }
  } catch (error) {
    // Not made yet, or removed between listing and reading.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return records;
}

/**
 * Waits until a number of generations of this user have a status, in each scope that has them: the
 * scopes are written at the same time, but none waits for the other.
 */
export async function untilRecorded(
  stage: Stage,
  status: string,
  count = 1,
): Promise<void> {
  await waitFor(async () => {
    const ids = (await userRecords(stage)).filter((one) => one.status === status)
      .map(({ id }) => String(id));
    if (ids.length !== count) return false;
    const files = await Promise.all([stage.here, stage.elsewhere].map(recordsIn));
    return files.every((records) =>
      ids.every((id) => records[id] === undefined || records[id].status === status)
    );
  }, { what: `${count} generation(s) to be ${status}` });
}

/** The ids in the state file of a directory; none if there is no file. */
export async function recordedIn(directory: string): Promise<readonly string[]> {
  return Object.keys(await recordsIn(directory));
}

/** The records in the state file of a directory, by id; none if there is no file. */
async function recordsIn(directory: string): Promise<Readonly<Record<string, Json>>> {
  try {
    const text = await Deno.readTextFile(`${directory}/.asset-generator-state.json`);
    return JSON.parse(text).sessions;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}
