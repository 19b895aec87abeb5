/** Faults of the system that affect the state file and need another process to show. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { StateFileError, systemReason } from "../../../src/errors.ts";
import { createFileStore } from "../../../src/state/records/file_store.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { NOW_MS, sampleRecord } from "../../support/sample_records.ts";
import { startScript } from "../../support/script_process.ts";
import { namesIn, withTempDir } from "../../support/temp_dir.ts";

const IS_WINDOWS = Deno.build.os === "windows";

Deno.test({
  name: "createFileStore() gives up on the lock of a stopped process, and goes on after its end",
  ignore: IS_WINDOWS,
  fn: () =>
    withTempDir(async (dir) => {
      const path = dir.join("state.json");
      const clock = new ManualClock(NOW_MS);
      const store = createFileStore({ path, clock, lockWaitMs: 100 });
      await store.put({ record: sampleRecord(), session: null });
      const args = [`${path}.lock`];
      await using holder = startScript("lock_holder.ts", { directory: dir.path, args });
      assertEquals(await holder.nextLine(), "held");
      holder.kill("SIGSTOP");

      const puts = [0.5, 0.6].map((progress) =>
        assertRejects(
          () => store.put({ record: sampleRecord({ progress }), session: null }),
          StateFileError,
        )
      );
      for (const error of await Promise.all(puts)) {
        assertEquals(
          error.message,
          `Cannot lock "${path}.lock": another process held it for 0.1 s ` +
            "(continue or end the process that is stopped)",
        );
      }
      const whileStopped = await store.list();
      assertEquals(whileStopped.answered && whileStopped.publications.length, 1);

      holder.kill("SIGKILL");
      await holder.status;
      await store.put({ record: sampleRecord({ progress: 0.7 }), session: null });
      const reading = await store.list();
      assertEquals(reading.answered && reading.publications[0]?.record.progress, 0.7);
    }),
});

Deno.test({
  name: "createFileStore() waits once for the lock of a stopped process, not with each change",
  ignore: IS_WINDOWS,
  fn: () =>
    withTempDir(async (dir) => {
      const path = dir.join("state.json");
      const lockWaitMs = 1_500;
      const store = createFileStore({ path, clock: new ManualClock(NOW_MS), lockWaitMs });
      await store.put({ record: sampleRecord(), session: null });
      const args = [`${path}.lock`];
      await using holder = startScript("lock_holder.ts", { directory: dir.path, args });
      assertEquals(await holder.nextLine(), "held");
      holder.kill("SIGSTOP");
      const put = () => store.put({ record: sampleRecord({ progress: 0.5 }), session: null });
      await assertRejects(put, StateFileError);

      // Twenty changes in a row take less time than two waits would.
      const { promise: twoWaits, resolve } = Promise.withResolvers<string>();
      const timer = setTimeout(resolve, 2 * lockWaitMs, "still waiting");
      const changes = (async () => {
        for (let count = 0; count < 20; count++) await assertRejects(put, StateFileError);
        return "given up";
      })();
      assertEquals(await Promise.race([changes, twoWaits]), "given up");
      clearTimeout(timer);

      holder.kill("SIGKILL");
      await holder.status;
      await put();
      const reading = await store.list();
      assertEquals(reading.answered && reading.publications[0]?.record.progress, 0.5);
    }),
});

Deno.test({
  name: "createFileStore() leaves the file as it was when there is no room for a new one",
  ignore: IS_WINDOWS,
  fn: () =>
    withTempDir(async (dir) => {
      const path = dir.join("state.json");
      const before = `{"sessions":{},"filler":"${"x".repeat(4_000)}"}`;
      await Deno.writeTextFile(path, before);
      // A limit on the size of files is what a full disk is like, for one process: 2 blocks of 512
      // or 1024 bytes. Ignoring SIGXFSZ turns it into an error.
      const writer = new URL("../../support/state_writer.ts", import.meta.url).href;
      const command = `trap '' XFSZ; ulimit -f 2; echo same | "$0" "$@"`;
      const { code, stderr } = await new Deno.Command("sh", {
        args: ["-c", command, Deno.execPath(), "run", "-q", "--no-prompt", "-R", "-W"]
          .concat(writer, path, "full", "1"),
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).output();
      assertEquals(code, 1);
      assertMatch(
        new TextDecoder().decode(stderr),
        /StateFileError: Cannot write state file ".*": file too large/,
      );
      assertEquals(await Deno.readTextFile(path), before);
      const names = await namesIn(dir.path);
      assertEquals(names, ["state.json", "state.json.lock"]);
    }),
});

Deno.test({
  name: "createFileStore() never opens a named pipe",
  ignore: IS_WINDOWS,
  fn: () =>
    withTempDir(async (dir) => {
      const path = dir.join("pipe");
      await new Deno.Command("mkfifo", { args: [path] }).output();
      const store = createFileStore({ path, clock: new ManualClock(NOW_MS) });
      const reading = await store.list();
      assertMatch(reading.answered ? "" : reading.message, /it is not a plain file/);
      await assertRejects(
        () => store.put({ record: sampleRecord(), session: null }),
        StateFileError,
        "it is not a plain file",
      );
    }),
});

Deno.test("systemReason() is a few words without a path, whatever was thrown", () => {
  const full = Object.assign(new Error("No space left on device (os error 28): writefile '/x'"), {
    code: "ENOSPC",
  });
  const strange = new Error("Strange thing (os error 99): open '/x'\n\nStack backtrace:\n  0: x");
  const refused = new Deno.errors.NotCapable('Requires all access to "/proc/x", use --allow-all');
  const named = new Error("TLS ended early");
  assertEquals([full, strange, refused, "text", named].map(systemReason), [
    "no space left on the device",
    "strange thing",
    "Deno does not let programs use the system's own directories",
    "text",
    "TLS ended early",
  ]);
});
