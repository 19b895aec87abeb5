import { assertEquals } from "@std/assert";
import type { ChoiceMemory } from "../../../src/generation/server/server_choices.ts";
import { createChoiceMemory } from "../../../src/state/private/choice_memory.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { NOW_MS, SERVER_URL } from "../../support/sample_records.ts";
import { namesIn, tempDir } from "../../support/temp_dir.ts";

const KEY = { serverUrl: SERVER_URL, credentialsHash: "0123456789abcdef0123456789abcdef" };

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
  assertEquals(await memory.load(KEY), null);
  await memory.save(KEY, {
    choices: new Map([["model", ["a", "🐈 b"]], ["sampler", ["euler"]]]),
    asOfMs: NOW_MS,
  });
  await memory.save(KEY, { choices: new Map([["model", ["c"]]]), asOfMs: 0 });
  assertEquals(await memoryIn(dir.path).load(KEY), {
    choices: new Map([["model", ["c"]], ["sampler", ["euler"]]]),
    asOfMs: NOW_MS,
  });
});

Deno.test("createChoiceMemory() never mixes servers or logins", async () => {
  await using dir = await tempDir();
  const memory = memoryIn(dir.path);
  await memory.save(KEY, { choices: new Map([["model", ["a"]]]), asOfMs: NOW_MS });
  const sameName = { ...KEY, credentialsHash: `${KEY.credentialsHash.slice(0, 16)}ffff` };
  const alike = { ...KEY, serverUrl: "http_127.0.0.1_7801" };
  for (const key of [sameName, alike]) assertEquals(await memory.load(key), null);
});

Deno.test({
  name: "createChoiceMemory() writes files that only the user can read",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using dir = await tempDir();
    await memoryIn(dir.path).save(KEY, { choices: new Map([["model", ["a"]]]), asOfMs: 0 });
    const { mode } = await Deno.stat(await onlyFileIn(dir.join("choices")));
    assertEquals((mode ?? 0) & 0o777, 0o600);
    assertEquals(((await Deno.stat(dir.join("choices"))).mode ?? 0) & 0o777, 0o700);
  },
});

Deno.test("createChoiceMemory() treats a file that it cannot understand as missing", async () => {
  await using dir = await tempDir();
  const memory = memoryIn(dir.path);
  const said = { choices: new Map([["model", ["a"]]]), asOfMs: NOW_MS };
  await memory.save(KEY, said);
  const file = await onlyFileIn(dir.join("choices"));
  const whole = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, whole.slice(0, -9));
  assertEquals(await memory.load(KEY), null);
  await Deno.writeTextFile(
    file,
    whole.replace('["a"]', '["a",7]').replace(/"as_of":\d+/, '"as_of":"x"'),
  );
  assertEquals(await memory.load(KEY), { choices: new Map(), asOfMs: 0 });
  await memory.save(KEY, said);
  assertEquals(await memory.load(KEY), said);
});

Deno.test("createChoiceMemory() keeps nothing that it would not read again", async () => {
  await using dir = await tempDir();
  const memory = memoryIn(dir.path);
  const names = Array.from({ length: 20_000 }, (_, index) => `a long folder/model ${index} 🐈`);
  const said = { choices: new Map([["model", names]]), asOfMs: NOW_MS };
  await memory.save(KEY, said);
  assertEquals(await memory.load(KEY), said);
  const more = { choices: new Map([1, 2, 3].map((id) => [`${id}`, names])), asOfMs: NOW_MS };
  await memory.save(KEY, more);
  assertEquals(await memory.load(KEY), said);
});

Deno.test("createChoiceMemory() throws nothing if nothing can be stored", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("choices"), "");
  const memory = memoryIn(dir.path);
  await memory.save(KEY, { choices: new Map(), asOfMs: 0 });
  assertEquals(await memory.load(KEY), null);
});
