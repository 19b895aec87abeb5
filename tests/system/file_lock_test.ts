import { assertEquals, assertRejects } from "@std/assert";
import { FileLock } from "../../src/system/file_lock.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("FileLock says what is wrong with a lock file that vanished while it was waited for", {
  // Only Linux shows who has a file open.
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using dir = await tempDir();
  const place = dir.join("place");
  await Deno.mkdir(place);
  const path = `${place}/state.json.lock`;
  const holder = await Deno.open(path, { read: true, write: true, create: true });
  holder.lockSync(true);
  const locked = new FileLock().exclusive(path, () => "never");
  const refused = assertRejects(() => locked, Deno.errors.NotFound);
  await waitFor(() => openOf(path).length === 2, { what: "a second handle" });
  await Deno.remove(place, { recursive: true });
  holder.close();
  await refused;
  assertEquals(openOf(`${path} (deleted)`), []);
});

/** The handles of this process on a file; only another program can see them. */
function openOf(path: string): readonly string[] {
  const { stdout } = new Deno.Command("ls", { args: ["-l", `/proc/${Deno.pid}/fd`] }).outputSync();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line.endsWith(`-> ${path}`));
}
