/**
 * The tool as one file, for the tests that need it in that form. Making it costs a processor some ten
 * seconds, so it is made once and stays in `dist/tests/` until something changes of which it is made.
 */
import { bundleTool, REDIS_FILE } from "../../tasks/bundle.ts";
import { FileLock } from "../../src/system/file_lock.ts";
import type { TempDir } from "./temp_dir.ts";
import { namesIn } from "./temp_dir.ts";

const ROOT = new URL("../../", import.meta.url);
const DIRECTORY = decodeURIComponent(new URL("dist/tests/", ROOT).pathname);
const FILE = "asset-generator.js";

/** Which state of the project the file is of, and what was said while it was made. */
const NOTE = `${DIRECTORY}made.json`;

/** All that can change the file. */
const SOURCES = ["deno.json", "deno.lock", "main.ts", "schemas", "src", "tasks", "vendor"];

/** Longer than making it can take on a busy machine, in milliseconds. */
const MAKING_MS = 600_000;

/** The one file; nobody may change it. */
export interface OneFile {
  /** Its path; the file for Redis is beside it. */
  readonly path: string;
  /** The steps in which it was made, as a person is told them. */
  readonly steps: readonly string[];
}

/** Finds the one file, or makes it. Other tests wait meanwhile. */
export async function oneFile(): Promise<OneFile> {
  await Deno.mkdir(DIRECTORY, { recursive: true });
  const steps = await new FileLock({ waitMs: MAKING_MS }).exclusive(
    `${DIRECTORY}lock`,
    async () => {
      const madeFrom = await fingerprint();
      const note = await readNote();
      if (note?.madeFrom === madeFrom) return note.steps;
      // If this is interrupted, the next one makes it anew.
      if (note !== null) await Deno.remove(NOTE);
      const steps: string[] = [];
      await bundleTool(DIRECTORY + FILE, (line) => steps.push(line));
      await Deno.writeTextFile(NOTE, JSON.stringify({ madeFrom, steps }));
      return steps;
    },
  );
  return { path: DIRECTORY + FILE, steps };
}

/** Copies the one file and the file for Redis to a directory, where a test may change them; returns its path. */
export async function copyOneFile(directory: TempDir): Promise<string> {
  await oneFile();
  for (const name of [FILE, REDIS_FILE]) {
    await Deno.copyFile(DIRECTORY + name, directory.join(name));
  }
  return directory.join(FILE);
}

interface Note {
  readonly madeFrom: string;
  readonly steps: readonly string[];
}

async function readNote(): Promise<Note | null> {
  try {
    return JSON.parse(await Deno.readTextFile(NOTE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** A text that differs for each state of the sources, and for each version of Deno. */
async function fingerprint(): Promise<string> {
  const texts = [Deno.version.deno];
  for (const path of SOURCES) texts.push(...await textsBelow(new URL(path, ROOT)));
  const bytes = new TextEncoder().encode(texts.join("\0"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** The paths and texts of a file, or of all files in a folder. */
async function textsBelow(place: URL): Promise<readonly string[]> {
  if ((await Deno.stat(place)).isFile) return [place.href, await Deno.readTextFile(place)];
  const names = await namesIn(place);
  const texts: string[] = [];
  for (const name of names) texts.push(...await textsBelow(new URL(`${place.href}/${name}`)));
  return texts;
}
