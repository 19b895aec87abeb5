/** This tool's version; the same as in `deno.json`, which a run from a URL cannot read. */
export const VERSION = "0.1.0";
