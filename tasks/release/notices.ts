/** The description of the one file, and the notices of the packages in it. */
import { VERSION } from "../../src/cli/command.ts";
import { SHIPPED_PERMISSIONS } from "../shipped.ts";
import type { ShippedPackage } from "./packages.ts";

/**
 * The file of notices in the archives. Some licences require to say where the source is. Many packages
 * have the same permission under their own copyright; it is written once.
 */
export function noticesText(packages: readonly ShippedPackage[]): string {
  const written = new Map<string, string>();
  return packages.map(({ name, version, license, notice }) => {
    const [, holders = notice, permission = ""] = /^(.*?)(Permission is .*)$/s.exec(notice) ?? [];
    const words = permission.replaceAll(/\s+/g, " ");
    const first = written.get(words);
    if (words !== "") written.set(words, first ?? name);
    const rest = first === undefined ? permission : `With the same permission as ${first}, above.`;
    return `${name} ${version} (${license}), https://www.npmjs.com/package/${name}/v/${version}\n\n` +
      `${holders}${rest}\n`;
  }).join(`\n${"-".repeat(72)}\n\n`);
}

/**
 * Puts first lines before the one file and the notices after it. The first line lets a system run
 * the file as a program, with the permissions of the executables.
 */
export function labelled(code: string, packages: readonly ShippedPackage[]): string {
  const flags = ["--quiet", "--no-prompt", ...SHIPPED_PERMISSIONS].join(" ");
  const head = [
    `#!/usr/bin/env -S deno run ${flags}`,
    `// asset-generator ${VERSION}: a command line for SwarmUI. MIT licence.`,
    // A shell would take the star of a flag for names of files.
    `// Run it: deno run ${flags.replace(/\S*\*\S*/, "'$&'")} asset-generator.js status`,
    `// Fewer permissions do; docs/permissions.md says which. The notices of others stand at the end.`,
  ];
  // A comment's end in a notice would end this one. A letter beyond ASCII would make V8 copy the whole
  // file at every start.
  const notices = noticesText(packages).replaceAll("*/", "* /").replace(
    /[\x80-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${head.join("\n")}\n${code.trimEnd()}\n/*\n${notices}*/\n`;
}
