import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { WaitKey, WaitMemory } from "../../../src/detection/idle_wait.ts";
import { StateFileError } from "../../../src/errors.ts";
import { createWaitStore } from "../../../src/state/private/wait_store.ts";
import { namesIn, withTempDir } from "../../support/temp_dir.ts";
import type { TempDir } from "../../support/temp_dir.ts";

const KEY: WaitKey = { serverUrl: "http://127.0.0.1:7801", rules: "known" };
const FILE = "http_127.0.0.1_7801-known.json";
const KEPT: WaitMemory = {
  window: {
    sinceMs: 1_000,
    basis: "backend_ages",
    last: {
      askedAtMs: 5_000,
      answeredAtMs: 5_010.5,
      isIdle: true,
      agesSeconds: new Map([[0, 12], [1, null]]),
    },
  },
  likelySinceMs: 4_000,
};

/** Gives what is kept, and keeps it. */
async function read(dir: TempDir, key: WaitKey = KEY): Promise<WaitMemory | null> {
  let found: WaitMemory | null = null;
  await createWaitStore({ directory: dir.path }).update(key, (kept) => {
    found = kept;
    return { kept: kept ?? KEPT };
  });
  return found;
}

async function keep(dir: TempDir, kept: WaitMemory, key: WaitKey = KEY): Promise<void> {
  await createWaitStore({ directory: dir.path }).update(key, () => ({ kept }));
}

Deno.test("update() of the wait store keeps a wait whole, and gives what its change gave", async () => {
  await withTempDir(async (dir) => {
    const store = createWaitStore({ directory: dir.path });
    const changed = await store.update(KEY, (kept) => ({ kept: KEPT, found: kept }));
    assertEquals(changed, { kept: KEPT, found: null });
    assertEquals(await read(dir), KEPT);
    const dirty: WaitMemory = {
      window: {
        sinceMs: null,
        basis: "samples",
        last: { askedAtMs: 9, answeredAtMs: 9, isIdle: false, agesSeconds: null },
      },
      likelySinceMs: null,
    };
    await keep(dir, dirty);
    assertEquals(await read(dir), dirty);
  });
});

Deno.test("update() of the wait store keeps waits of other servers and rules apart", async () => {
  await withTempDir(async (dir) => {
    await keep(dir, KEPT);
    assertEquals(await read(dir, { ...KEY, rules: "idle" }), null);
    assertEquals(await read(dir, { ...KEY, serverUrl: "http://127.0.0.1:7802" }), null);
    // Another server whose name leads to the same file.
    assertEquals(await read(dir, { ...KEY, serverUrl: "http://127.0.0.1/7801" }), null);
  });
});

Deno.test({
  name: "update() of the wait store writes for its user only",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withTempDir(async (dir) => {
      await keep(dir, KEPT);
      for (
        const [name, mode] of [["waits", 0o700], [`waits/${FILE}`, 0o600], [
          "waits/.lock",
          0o600,
        ]] as const
      ) {
        assertEquals((Deno.statSync(dir.join(name)).mode ?? 0) & 0o777, mode, name);
      }
    }),
});

Deno.test("update() of the wait store starts anew where it does not understand what was kept", async () => {
  await withTempDir(async (dir) => {
    await keep(dir, KEPT);
    const path = dir.join("waits", FILE);
    const text = Deno.readTextFileSync(path);
    for (
      const broken of [
        "",
        "{",
        "null",
        "[]",
        text.slice(0, 90),
        text.replace("1000", "null"),
        text.replace("1000", '"1000"'),
        text.replace("1000", "1e999"),
        text.replace("backend_ages", "hearsay"),
        text.replace("true", "1"),
        text.replace("4000", "true"),
        text.replace(" 12", ' "12"'),
        text.replace("7801", "7802"),
        text.replace('"window"', '"shutter"'),
        "\0".repeat(1000),
      ]
    ) {
      Deno.writeTextFileSync(path, broken);
      const found = await read(dir);
      // If `since` is null, it is a window too, of a look that was not clean.
      const isKnown = broken === text.replace("1000", "null");
      assertEquals(found === null, !isKnown, broken);
      assert(Deno.readTextFileSync(path).includes('"askedAtMs": 5000'));
    }
  });
});

Deno.test("update() of the wait store says in one line why it cannot keep it", async () => {
  await withTempDir(async (dir) => {
    Deno.writeTextFileSync(dir.join("waits"), "");
    const error = await assertRejects(() => keep(dir, KEPT), StateFileError);
    assertStringIncludes(error.message, `Cannot remember this wait in "${dir.join("waits")}": `);
    assertEquals(error.message.includes("\n"), false);
  });
  await withTempDir(async (dir) => {
    Deno.mkdirSync(dir.join("waits", FILE), { recursive: true });
    await assertRejects(() => keep(dir, KEPT), StateFileError, "it is a directory");
    assertEquals(await namesIn(dir.join("waits")), [
      ".lock",
      FILE,
    ]);
  });
});

Deno.test("update() of the wait store loses no change of two that come at once", async () => {
  await withTempDir(async (dir) => {
    await keep(dir, { ...KEPT, likelySinceMs: 0 });
    // The changes of one process follow one another: a change waits 3 s for the lock, turns
    // included.
    const stores = [1, 2, 3].map(() => createWaitStore({ directory: dir.path }));
    await Promise.all(stores.map(async (store) => {
      for (let change = 0; change < 20; change++) {
        await store.update(KEY, (kept) => ({
          kept: { ...KEPT, likelySinceMs: (kept?.likelySinceMs ?? -1_000) + 1 },
        }));
      }
    }));
    assertEquals((await read(dir))?.likelySinceMs, 60);
  });
});
