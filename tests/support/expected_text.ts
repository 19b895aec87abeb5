/** Long texts as files that read like what a person sees: `tests/fixtures/expected/`. */
import { assert, assertEquals } from "@std/assert";

const FOLDER = new URL("../fixtures/expected/", import.meta.url);

/**
 * Compares a text with a file, to the letter. With `UPDATE_EXPECTED=1` in the environment it writes
 * the file instead: read its difference before you commit it.
 *
 * @param name The file's path below `tests/fixtures/expected/`, such as `status/idle.txt`.
 * @param changing What differs from run to run, such as an id, and what stands for it in the file.
 * Longer keys are replaced first.
 */
export async function assertExpected(
  name: string,
  text: string,
  changing: Readonly<Record<string, string>> = {},
): Promise<void> {
  const found = Object.entries(changing)
    .toSorted(([a], [b]) => b.length - a.length)
    .reduce((stable, [value, stands]) => stable.replaceAll(value, stands), text);
  const file = new URL(name, FOLDER);
  if (Deno.env.get("UPDATE_EXPECTED") === "1") {
    await Deno.mkdir(new URL(".", file), { recursive: true });
    await Deno.writeTextFile(file, found);
    return;
  }
  const hint = `tests/fixtures/expected/${name} (UPDATE_EXPECTED=1 writes it anew)`;
  assertEquals(found, await readExpected(file, hint), hint);
}

async function readExpected(file: URL, hint: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    assert(!(error instanceof Deno.errors.NotFound), `there is no ${hint}`);
    throw error;
  }
}
