/**
 * Says in which of its forms this program runs, for `--version`: as an executable, as one file (by
 * path or by URL) or from source; and on which Deno.
 *
 * @param mainUrl Where the program's first file is: `import.meta.url` of `main.ts`.
 */
export function shippedAs(mainUrl: string): string {
  return `${formOf(mainUrl)}, Deno ${Deno.version.deno}`;
}

function formOf(mainUrl: string): string {
  if (Deno.build.standalone) return "executable";
  // Bundled, the first file is the only one, and JavaScript whatever its name is.
  return /\/main\.ts$/.test(mainUrl) ? "from source" : "one file";
}
