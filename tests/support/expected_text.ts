/** Long texts in files, as a person sees them: `tests/fixtures/expected/`. */
import { assert, assertEquals } from "@std/assert";

const FOLDER = new URL("../fixtures/expected/", import.meta.url);

/**
 * Compares a text with a file exactly. With `UPDATE_EXPECTED=1` in the environment it writes the
 * file instead: read the difference before you commit it.
 *
 * @param name The file's path below `tests/fixtures/expected/`, such as `status/idle.txt`.
 * @param changing Texts that differ from run to run, such as an id, and their replacements in the
 * file. Longer ones are replaced first.
 */
export async function assertExpected(
  name: string,
  text: string,
  changing: Readonly<Record<string, string>> = {},
): Promise<void> {
  const found = Object.entries(changing)
    .toSorted(([a], [b]) => b.length - a.length)
    .reduce((stable, [value, stands]) => stable.replaceAll(value, stands), text);
  if (Deno.env.get("UPDATE_EXPECTED") === "1") return await writeExpected(name, found);
  const hint = `tests/fixtures/expected/${name} (UPDATE_EXPECTED=1 writes it anew)`;
  const expected = await readExpected(name);
  assert(expected !== null, `there is no ${hint}`);
  assertEquals(found, expected, hint);
}

/** The text of a file below `tests/fixtures/expected/`; `null` if there is none. */
export async function readExpected(name: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(new URL(name, FOLDER));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Writes a file below `tests/fixtures/expected/`. */
export async function writeExpected(name: string, text: string): Promise<void> {
  const file = new URL(name, FOLDER);
  await Deno.mkdir(new URL(".", file), { recursive: true });
  await Deno.writeTextFile(file, text);
}
