/**
 * The program with a bug: an error that nobody catches, as soon as the file `break` lies in the
 * working directory. `ASSET_GENERATOR_BUG` says which: `timer`, `rejection`, or what is thrown is no error: `text`.
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
