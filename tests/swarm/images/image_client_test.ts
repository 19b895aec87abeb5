import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServerError, ServerRefusedError, ServerUnreachableError } from "../../../src/errors.ts";
import { ServerSession } from "../../../src/generation/session.ts";
import { createImageServer } from "../../../src/swarm/images/image_client.ts";
import { deadUrl, json, recorded, ScriptedServer } from "../scripted_server.ts";
import { MemorySessionCache, optionsFor } from "../swarm_options.ts";

function sessionOf(url: string): ServerSession {
  return new ServerSession("53c237", { serverUrl: url, createdAt: 0 });
}

Deno.test("newSession() makes a new one each time, and never keeps it", async () => {
  let made = 0;
  await using server = ScriptedServer.routes({
    GetNewSession: () => {
      made += 1;
      return json({ session_id: `made${made}`, user_id: "alice", server_id: "x" });
    },
  });
  const cache = new MemorySessionCache(sessionOf(server.url));
  const client = createImageServer(optionsFor(`${server.url}/`, { cache }));
  const sessions = [await client.newSession(), await client.newSession()];
  assertEquals(sessions.map((session) => session.reveal()), ["made1", "made2"]);
  assertEquals([sessions[0]?.serverUrl, sessions[0]?.userId], [server.url, "alice"]);
  assertEquals([cache.loads, cache.saved.length], [0, 0]);
});

Deno.test("newSession() says why there is none", async () => {
  await using server = ScriptedServer.routes({ GetNewSession: () => recorded("loginWanted") });
  const error = await assertRejects(
    () => createImageServer(optionsFor(server.url)).newSession(),
    ServerRefusedError,
  );
  assertEquals(
    error.message,
    `Cannot open a session at ${server.url}: the server requires a login (it says "Invalid or ` +
      "unauthorized\"; log in with asset-generator login, or give an account's --token)",
  );
  await assertRejects(
    () => createImageServer(optionsFor(deadUrl())).newSession(),
    ServerUnreachableError,
    "refused",
  );
});

Deno.test("models() and parameters() read what a real server said", async () => {
  await using server = ScriptedServer.routes({
    ListModels: () => recorded("models"),
    ListT2IParams: () => recorded("parameters"),
  });
  const client = createImageServer(optionsFor(server.url));
  const models = await client.models(sessionOf(server.url), "LoRA");
  assert(models.some(({ name }) => name === "other/second.safetensors"));
  const [{ standardWidth, loaded } = { standardWidth: 0, loaded: true }] = models;
  assertEquals([standardWidth, loaded], [512, false]);
  assertEquals(JSON.parse(server.requests[0]?.body ?? ""), {
    session_id: "53c237",
    path: "",
    depth: 20,
    subtype: "LoRA",
  });
  const parameters = await client.parameters(sessionOf(server.url));
  const choices = (wanted: string): readonly string[] =>
    parameters.find(({ id }) => id === wanted)?.choices?.slice(0, 2) ?? [];
  assertEquals(choices("sampler"), ["euler", "euler_ancestral"]);
  assertEquals(choices("scheduler"), ["normal", "karras"]);
});

Deno.test("models() takes no size for none, and refuses what is not a list", async () => {
  let files: unknown = [
    { name: "a", loaded: true, standard_width: 0, standard_height: null },
    { name: "b", loaded: false },
    { name: "c" },
  ];
  await using server = ScriptedServer.routes({ ListModels: () => json({ files }) });
  const client = createImageServer(optionsFor(server.url));
  const models = await client.models(sessionOf(server.url), "Stable-Diffusion");
  assertEquals(models, [
    { name: "a", loaded: true, standardWidth: null, standardHeight: null },
    { name: "b", loaded: false, standardWidth: null, standardHeight: null },
    { name: "c", loaded: false, standardWidth: null, standardHeight: null },
  ]);
  for (const wrong of [null, {}, [{ loaded: true }], [{ name: "", loaded: true }]]) {
    files = wrong;
    await assertRejects(
      () => client.models(sessionOf(server.url), "Stable-Diffusion"),
      ServerUnreachableError,
      "unexpected shape",
    );
  }
});

Deno.test("parameters() of the recorded answer: each type, its limits and choices", async () => {
  const path = new URL("../../fixtures/wire/01-basics.json", import.meta.url);
  const { steps } = JSON.parse(await Deno.readTextFile(path));
  const { body } = steps.find((step: { readonly body?: { readonly list?: unknown } }) =>
    step.body?.list !== undefined
  );
  await using server = ScriptedServer.routes({ ListT2IParams: () => json(body) });
  const client = createImageServer(optionsFor(server.url));
  const parameters = await client.parameters(sessionOf(server.url));
  assertEquals(
    parameters.map(({ id, type, range, choices, feature }) => [
      id,
      type,
      range,
      choices?.slice(0, 2) ?? null,
      feature,
    ]),
    [
      ["images", "integer", { min: 1, max: 10_000 }, null, null],
      ["seed", "integer", { min: -1, max: 2 ** 63 }, null, null],
      ["steps", "integer", { min: 0, max: 500 }, null, null],
      ["model", "model", null, ["other/second.safetensors", "tiny.safetensors"], null],
      ["loras", "list", null, ["(None)", "ink"], null],
      ["sampler", "dropdown", null, ["euler", "euler_ancestral"], "comfyui"],
      ["scheduler", "dropdown", null, ["normal", "karras"], "comfyui"],
    ],
  );
});

Deno.test("parameters() leaves out what it cannot read, and reads older answers", async () => {
  let answer: unknown = { list: [] };
  await using server = ScriptedServer.routes({ ListT2IParams: () => json(answer) });
  const client = createImageServer(optionsFor(server.url));
  const ask = () => client.parameters(sessionOf(server.url));
  assertEquals(await ask(), []);
  answer = {
    list: [
      null,
      { id: 5 },
      { id: "No Id" },
      { id: "sampler", values: ["a", 5], min: 0, max: 0, group: { name: "Sampling" } },
      { id: "vae", type: "model", subtype: "VAE", default: "None", values: ["Automatic", "None"] },
    ],
    models: { VAE: ["soft.safetensors"] },
  };
  const bare = {
    name: "sampler",
    description: "",
    type: "text",
    fallback: null,
    range: null,
    choices: null,
    examples: [],
    feature: null,
  };
  assertEquals(await ask(), [
    { ...bare, id: "sampler", group: "Sampling" },
    {
      ...bare,
      id: "vae",
      name: "vae",
      type: "model",
      fallback: "None",
      choices: ["soft.safetensors", "None"],
      group: null,
    },
  ]);
  answer = { list: {} };
  await assertRejects(ask, ServerUnreachableError, "unexpected shape");
});

Deno.test("sessionCounters() and interrupt() of a session", async () => {
  let isKnown = true;
  await using server = ScriptedServer.routes({
    GetCurrentStatus: () => isKnown ? recorded("idleStatus") : recorded("invalidSession"),
    InterruptAll: () => isKnown ? json({ success: true }) : recorded("invalidSession"),
  });
  const client = createImageServer(optionsFor(server.url));
  const session = sessionOf(server.url);
  assertEquals(await client.sessionCounters(session), {
    waitingGens: 0,
    loadingModels: 0,
    waitingBackends: 0,
    liveGens: 0,
  });
  await client.interrupt(session);
  assertEquals(JSON.parse(server.requests.at(-1)?.body ?? ""), {
    session_id: "53c237",
    other_sessions: false,
  });
  isKnown = false;
  assertEquals(await client.sessionCounters(session), "gone");
  await client.interrupt(session);
  const elsewhere = createImageServer(optionsFor(deadUrl()));
  for (const act of [elsewhere.sessionCounters(session), elsewhere.interrupt(session)]) {
    await assertRejects(() => act, ServerError, "another server");
  }
});

Deno.test("interrupt() does not take any answer for a yes", async () => {
  await using server = ScriptedServer.routes({ InterruptAll: () => json({}) });
  const client = createImageServer(optionsFor(server.url));
  await assertRejects(() => client.interrupt(sessionOf(server.url)), ServerUnreachableError);
});
