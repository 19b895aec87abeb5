/**
 * Says in which form this program runs, for `--version`: as an executable, as the one file (by path
 * or by URL) or from source; and on which Deno.
 *
 * @param mainUrl Where the program's first file is: `import.meta.url` of `main.ts`.
 */
export function shippedAs(mainUrl: string): string {
  return `${formOf(mainUrl)}, Deno ${Deno.version.deno}`;
}

function formOf(mainUrl: string): string {
  if (Deno.build.standalone) return "executable";
  if (mainUrl.endsWith("/main.ts")) return "from source";
  // The name that `deno pack` uses for npm; the one file has another name.
  return mainUrl.endsWith("/main.js") ? "package" : "one file";
}
