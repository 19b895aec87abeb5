import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createEndLog } from "../../../src/state/private/end_log.ts";
import { createOwnerLocks } from "../../../src/state/private/owner_locks.ts";
import { makePrivateDirectory } from "../../../src/state/private/make_private_directory.ts";
import { NotPrivateError, trustedDirectory } from "../../../src/state/private/private_directory.ts";
import { readPrivateText } from "../../../src/state/private/private_text.ts";
import { createSessionCache } from "../../../src/state/private/session_cache.ts";
import { createWaitStore } from "../../../src/state/private/wait_store.ts";
import { NotPlainFileError } from "../../../src/system/look_at.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { NOW_MS, sampleSession, SERVER_URL } from "../../support/sample_records.ts";
import { tempDir } from "../../support/temp_dir.ts";

const ignore = Deno.build.os === "windows";
/** Only the superuser can give files away, and modes alone do not show who the superuser is. */
const isNotRoot = ignore || ownUid() !== 0;
const NOBODY = 65534;
const ELSE = "it belongs to another user (name another directory with ASSET_GENERATOR_STATE_DIR)";

/** Who owns the files that this process makes. */
function ownUid(): number | null {
  const path = Deno.makeTempFileSync({ prefix: "asset-generator-" });
  try {
    return Deno.statSync(path).uid;
  } finally {
    Deno.removeSync(path);
  }
}

Deno.test({
  name: "trustedDirectory() takes only what nobody else can have written into",
  ignore,
  fn: async () => {
    await using dir = await tempDir();
    const place = { directory: dir.join("state") };
    assertEquals(trustedDirectory("live", place), null);
    const { path, uid } = makePrivateDirectory("live", place);
    assertEquals([path, uid], [dir.join("state/live"), ownUid()]);
    for (const mode of [0o755, 0o750, 0o701, 0o770]) {
      await Deno.chmod(path, mode);
      assertThrows(
        () => trustedDirectory("live", place),
        NotPrivateError,
        `Cannot use this user's state directory "${place.directory}": "live" in it is open to ` +
          "other users (close it with chmod 700)",
      );
    }
    assertEquals(makePrivateDirectory("live", place).path, path);
    assertEquals(trustedDirectory("live", place)?.path, path);
    await Deno.rename(path, dir.join("real"));
    await Deno.symlink(dir.join("real"), path);
    for (const take of [trustedDirectory, makePrivateDirectory]) {
      assertThrows(() => take("live", place), NotPrivateError, "is a symbolic link (remove it)");
    }
  },
});

Deno.test({
  name: "trustedDirectory() gives no advice to close what is no directory, such as a device",
  ignore,
  fn: async () => {
    await using dir = await tempDir();
    const directory = dir.join("file");
    await Deno.writeTextFile(directory, "");
    await Deno.chmod(directory, 0o666);
    assertThrows(() => trustedDirectory("live", { directory }), Deno.errors.NotADirectory);
  },
});

Deno.test({
  name: "readPrivateText() does not read what somebody else put there while it was open",
  ignore: isNotRoot,
  fn: async () => {
    await using dir = await tempDir();
    const directory = makePrivateDirectory("sessions", { directory: dir.path });
    await Deno.writeTextFile(dir.join("sessions/x.json"), "{}");
    assertEquals(readPrivateText(directory, "x.json"), "{}");
    await Deno.chown(dir.join("sessions/x.json"), NOBODY, NOBODY);
    assertThrows(
      () => readPrivateText(directory, "x.json"),
      NotPlainFileError,
      "it belongs to another user",
    );
  },
});

Deno.test({
  name: "the superuser takes no directory of another user, if the home directory says who it is",
  ignore: isNotRoot,
  fn: async () => {
    await using dir = await tempDir();
    const home = dir.join("home");
    await Deno.mkdir(home, { mode: 0o700 });
    const place = { directory: dir.join("state"), home };
    makePrivateDirectory("live", place);
    for (const name of ["state", "state/live"]) await Deno.chown(dir.join(name), NOBODY, NOBODY);
    assertThrows(() => trustedDirectory("live", place), NotPrivateError, ELSE);
    assertThrows(() => makePrivateDirectory("live", place), NotPrivateError, ELSE);
    // The owner of the home does not show who is asking: `sudo` keeps the variable, and a container
    // may have any.
    await Deno.chmod(home, 0o755);
    assertEquals(trustedDirectory("live", place)?.uid, NOBODY);
    await Deno.chmod(home, 0o700);
    await Deno.chown(home, NOBODY, NOBODY);
    assertEquals(trustedDirectory("live", place)?.uid, NOBODY);
    for (const home of [null, dir.join("none")]) {
      assertEquals(trustedDirectory("live", { ...place, home })?.uid, NOBODY);
    }
  },
});

Deno.test({
  name: "nothing is read from, or kept in, a state directory that others can write into",
  ignore,
  fn: async () => {
    await using dir = await tempDir();
    const user = { directory: dir.path, clock: new ManualClock(NOW_MS) };
    const key = { serverUrl: SERVER_URL, credentialsHash: "0123456789abcdef" };
    const cache = createSessionCache(user);
    const entry = { session: sampleSession("one"), offSince: new Map() };
    const locks = createOwnerLocks(user);
    const ends = createEndLog(user);
    await cache.save(key, entry);
    await ends.put({ id: "gen-a", outcome: "finished", endedAt: NOW_MS });
    const hold = await locks.hold("gen-a");
    const seen = async () => [
      (await cache.load(key))?.session.reveal(),
      await locks.probe("gen-a"),
      (await ends.find("gen-a"))?.outcome,
    ];
    assertEquals(await seen(), ["secret-one", "held", "finished"]);
    await Deno.chmod(dir.path, 0o770);
    assertEquals(await seen(), [undefined, "unseen", undefined]);
    assertEquals(await cache.save(key, entry), false);
    await assertRejects(() => locks.hold("gen-b"), Error, "other users can write there");
    const waits = createWaitStore(user);
    const waitKey = { serverUrl: SERVER_URL, rules: "x" };
    const kept = { window: null, likelySinceMs: null };
    await assertRejects(
      () => waits.update(waitKey, () => ({ kept })),
      Error,
      "other users can write there",
    );
    hold.release();
  },
});
