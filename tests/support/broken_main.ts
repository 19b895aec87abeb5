/**
 * The program with a bug: an error that nobody catches, as soon as there is a file `break` in the
 * working directory. `ASSET_GENERATOR_BUG` says which: `timer`, `rejection`, or `text` (the thrown
 * value is not an error).
 */
const bug = Deno.env.get("ASSET_GENERATOR_BUG");
const watching = setInterval(() => {
  try {
    Deno.removeSync("break");
  } catch {
    return;
  }
  clearInterval(watching);
  const error = new TypeError(`Cannot read properties of ${Deno.env.get("ASSET_GENERATOR_TOKEN")}`);
  if (bug === "rejection") void Promise.reject(error);
  else if (bug === "text") void Promise.reject(error.message);
  else throw error;
}, 10);
Deno.unrefTimer(watching);
await import("../../main.ts");
