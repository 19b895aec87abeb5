/**
 * `lock_holder.ts FILE`: holds an exclusive lock on a file, prints `held`, and ends with its standard
 * input.
 */
const [path = ""] = Deno.args;
using file = Deno.openSync(path, { read: true, write: true, create: true });
file.lockSync(true);
console.log("held");
for await (const _ of Deno.stdin.readable);
