/**
 * Prints the changelog's section about a version, for its release: `release_notes TAG`. Exits with
 * 1 if the tag is not this version's, or the changelog has no such section.
 *
 * Needs `--allow-read` of the repository.
 */
import { VERSION } from "../src/cli/command.ts";

/**
 * Finds a version's section of a changelog as https://keepachangelog.com writes it.
 *
 * @param tag `v` and the version.
 * @throws {Error} If the tag is another version's, or there is no such section, or nothing in it.
 */
export function releaseNotes(
  changelog: string,
  { tag, version }: { readonly tag: string; readonly version: string },
): string {
  if (tag !== `v${version}`) {
    throw new Error(`Cannot release ${tag}: this is version ${version} (tag it v${version})`);
  }
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => /^\[?([^\s\]]*)/.exec(text)?.[1] === version);
  const notes = section?.slice(section.indexOf("\n")).trim() ?? "";
  if (notes === "") {
    throw new Error(
      `Cannot release ${tag}: CHANGELOG.md says nothing of it (expected "## ${version} - DATE")`,
    );
  }
  return `${notes}\n`;
}

if (import.meta.main) {
  const [tag = ""] = Deno.args;
  try {
    const changelog = await Deno.readTextFile(new URL("../CHANGELOG.md", import.meta.url));
    console.log(releaseNotes(changelog, { tag, version: VERSION }).trimEnd());
  } catch (error) {
    console.error(`Error: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
