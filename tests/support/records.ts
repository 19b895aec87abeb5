/** The files of records, as a test looks at them and changes them by hand. */
import type { Stage } from "./stage.ts";
import { waitFor } from "./wait_for.ts";

type Json = Readonly<Record<string, unknown>>;

/** The records of the user scope. */
export async function userRecords(stage: Stage): Promise<readonly Json[]> {
  const records: Json[] = [];
  const folder = `${stage.stateDirectory}/generations`;
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (!name.startsWith("gen-")) continue;
      const text = await Deno.readTextFile(`${folder}/${name}`);
      records.push(JSON.parse(text));
    }
  } catch (error) {
    // Not made yet, or removed between its name and its text.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return records;
}

/** Waits until so many generations of this user have a status. */
export async function untilRecorded(
  stage: Stage,
  status: string,
  count = 1,
): Promise<void> {
  await waitFor(
    async () => (await userRecords(stage)).filter((one) => one.status === status).length === count,
    { what: `${count} generation(s) to be ${status}` },
  );
}

/** The ids in the state file of a directory; none if there is no file. */
export async function recordedIn(directory: string): Promise<readonly string[]> {
  try {
    const text = await Deno.readTextFile(`${directory}/.asset-generator-state.json`);
    return Object.keys(JSON.parse(text).sessions);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
