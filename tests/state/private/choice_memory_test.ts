import { assertEquals } from "@std/assert";
import type { ChoiceMemory } from "../../../src/generation/server/server_choices.ts";
import { createChoiceMemory } from "../../../src/state/private/choice_memory.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { CACHE_KEY, NOW_MS } from "../../support/sample_records.ts";
import { namesIn, tempDir } from "../../support/temp_dir.ts";

function memoryIn(directory: string): ChoiceMemory {
  return createChoiceMemory({ directory, clock: new ManualClock(NOW_MS) });
}

async function onlyFileIn(path: string): Promise<string> {
  const names = await namesIn(path);
  assertEquals(names.length, 1);
  return `${path}/${names[0]}`;
}

Deno.test("createChoiceMemory() returns the last answer for each entry", async () => {
  await using dir = await tempDir();
  const memory = memoryIn(dir.path);
  assertEquals(await memory.load(CACHE_KEY), null);
  await memory.save(CACHE_KEY, {
    choices: new Map([["model", ["a", "🐈 b"]], ["sampler", ["euler"]]]),
    asOfMs: NOW_MS,
  });
  await memory.save(CACHE_KEY, { choices: new Map([["model", ["c"]]]), asOfMs: 0 });
  assertEquals(await memoryIn(dir.path).load(CACHE_KEY), {
    choices: new Map([["model", ["c"]], ["sampler", ["euler"]]]),
    asOfMs: NOW_MS,
  });
});

Deno.test("createChoiceMemory() never mixes servers or logins", async () => {
  await using dir = await tempDir();
  const memory = memoryIn(dir.path);
  await memory.save(CACHE_KEY, { choices: new Map([["model", ["a"]]]), asOfMs: NOW_MS });
  const sameName = {
    ...CACHE_KEY,
    credentialsHash: `${CACHE_KEY.credentialsHash.slice(0, 16)}ffff`,
  };
  const alike = { ...CACHE_KEY, serverUrl: "http_127.0.0.1_7801" };
  for (const key of [sameName, alike]) assertEquals(await memory.load(key), null);
});

Deno.test({
  name: "createChoiceMemory() writes files that only the user can read",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using dir = await tempDir();
    await memoryIn(dir.path).save(CACHE_KEY, { choices: new Map([["model", ["a"]]]), asOfMs: 0 });
    const { mode } = await Deno.stat(await onlyFileIn(dir.join("choices")));
    assertEquals((mode ?? 0) & 0o777, 0o600);
    assertEquals(((await Deno.stat(dir.join("choices"))).mode ?? 0) & 0o777, 0o700);
  },
});

Deno.test("createChoiceMemory() treats a file that it cannot understand as missing", async () => {
  await using dir = await tempDir();
  const memory = memoryIn(dir.path);
  const said = { choices: new Map([["model", ["a"]]]), asOfMs: NOW_MS };
  await memory.save(CACHE_KEY, said);
  const file = await onlyFileIn(dir.join("choices"));
  const whole = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, whole.slice(0, -9));
  assertEquals(await memory.load(CACHE_KEY), null);
  await Deno.writeTextFile(
    file,
    whole.replace('["a"]', '["a",7]').replace(/"as_of":\d+/, '"as_of":"x"'),
  );
  assertEquals(await memory.load(CACHE_KEY), { choices: new Map(), asOfMs: 0 });
  await memory.save(CACHE_KEY, said);
  assertEquals(await memory.load(CACHE_KEY), said);
});

Deno.test("createChoiceMemory() keeps nothing that it would not read again", async () => {
  await using dir = await tempDir();
  const memory = memoryIn(dir.path);
  const names = Array.from({ length: 20_000 }, (_, index) => `a long folder/model ${index} 🐈`);
  const said = { choices: new Map([["model", names]]), asOfMs: NOW_MS };
  await memory.save(CACHE_KEY, said);
  assertEquals(await memory.load(CACHE_KEY), said);
  const more = { choices: new Map([1, 2, 3].map((id) => [`${id}`, names])), asOfMs: NOW_MS };
  await memory.save(CACHE_KEY, more);
  assertEquals(await memory.load(CACHE_KEY), said);
});

Deno.test("createChoiceMemory() throws nothing if nothing can be stored", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("choices"), "");
  const memory = memoryIn(dir.path);
  await memory.save(CACHE_KEY, { choices: new Map(), asOfMs: 0 });
  assertEquals(await memory.load(CACHE_KEY), null);
});
