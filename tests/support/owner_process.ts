/**
 * `owner_process.ts DIRECTORY ID`: holds an owner lock in a state directory, prints `held`, and
 * ends with its standard input without releasing the lock, like a process that crashes.
 */
import { createOwnerLocks } from "../../src/state/private/owner_locks.ts";

const [directory = "", id = ""] = Deno.args;
await createOwnerLocks({ directory, clock: Date }).hold(id);
console.log("held");
for await (const _ of Deno.stdin.readable);
Deno.exit(1);
