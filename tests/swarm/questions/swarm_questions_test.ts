import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Answer } from "../../../src/detection/answer.ts";
import { UsageError } from "../../../src/errors.ts";
import { ServerSession } from "../../../src/generation/session.ts";
import { createSwarmQuestions } from "../../../src/swarm/questions/swarm_questions.ts";
import { type Simulator, startSimulator } from "../../../src/simulator/simulator.ts";
import { deadUrl, html, json, recorded, redirect, ScriptedServer } from "../scripted_server.ts";
import { optionsFor } from "../swarm_options.ts";

const ZERO = { waitingGens: 0, loadingModels: 0, waitingBackends: 0, liveGens: 0 };

/** The value of an answer, after a look at its time. */
function valueOf<T>(answer: Answer<T>): T {
  assert(answer.answered, JSON.stringify(answer));
  assert(answer.elapsedMs > 0);
  return answer.value;
}

/** Why there is no answer, without its time. */
function refusalOf(answer: Answer<unknown>): { reason: string; needs?: string } {
  assert(!answer.answered);
  assert(answer.elapsedMs >= 0);
  assert(answer.message !== undefined && !answer.message.includes("\n"));
  return answer.needs === undefined
    ? { reason: answer.reason }
    : { reason: answer.reason, needs: answer.needs };
}

Deno.test("createSwarmQuestions() reads what a real server said", async () => {
  await using server = ScriptedServer.routes({
    GetNewSession: () => recorded("newSession"),
    GetGlobalStatus: () => recorded("idleStatus"),
    ListBackends: () => recorded("backends"),
    ListModels: () => recorded("models"),
    GetServerResourceInfo: () => recorded("resources"),
    prompt: () => recorded("comfyQueue"),
  });
  const questions = createSwarmQuestions(optionsFor(`${server.url}/`));
  assertEquals(questions.url, server.url);
  assertEquals(questions.identity(), null);
  assertEquals(server.asked, []);
  assertEquals(valueOf(await questions.globalCounters()), ZERO);
  assertEquals(valueOf(await questions.backends()), [{
    id: 0,
    type: "comfyui_api",
    title: "fake one",
    status: "running",
    enabled: true,
    modelLoaded: null,
    gpu: null,
    secondsSinceUsed: null,
  }]);
  const { count, loaded } = valueOf(await questions.modelTotals());
  assert(count > 0);
  assertEquals(loaded, 0);
  assertEquals(valueOf(await questions.resources()), {
    cpuUsage: 0.077,
    ramUsedBytes: 417460224,
    gpus: [],
  });
  assertEquals(valueOf(await questions.comfyQueue(null)), { kind: "jobs", remaining: 0 });
  assertEquals(questions.identity()?.version, "0.9.8.2.GIT-062407c7");
  assertEquals(server.asked.filter((name) => name === "GetNewSession").length, 1);
});

Deno.test("createSwarmQuestions() sends each route what it wants, and the credentials", async () => {
  await using server = ScriptedServer.routes({
    GetNewSession: () => json({ session_id: "s1" }),
    ListModels: () => json({ folders: [], files: [{ loaded: true }, { loaded: false }] }),
    prompt: () => json({ exec_info: { queue_remaining: 3 } }),
  });
  const questions = createSwarmQuestions(
    optionsFor(server.url, { authorization: "key", token: "a.b.c" }),
  );
  assertEquals(valueOf(await questions.modelTotals()), { count: 2, loaded: 1 });
  assertEquals(valueOf(await questions.comfyQueue(7)), { kind: "jobs", remaining: 3 });
  assertEquals(
    server.requests.map(({ method, path, body }) => [method, path, body]),
    [
      ["POST", "/API/GetNewSession", "{}"],
      ["POST", "/API/ListModels", '{"session_id":"s1","path":"","depth":20}'],
      ["GET", "/ComfyBackendDirect/prompt", ""],
    ],
  );
  for (const { method, headers } of server.requests) {
    assertEquals(headers.get("authorization"), "Bearer key");
    assertEquals(headers.get("cookie"), "swarm_token=a.b.c");
    assertEquals(headers.get("user-agent"), "asset-generator");
    if (method === "POST") assertEquals(headers.get("content-type"), "application/json");
    if (method === "POST") assert(headers.has("content-length"));
  }
  assertEquals(server.requests[2]?.headers.get("x-swarm-backend-id"), "7");
});

Deno.test("createSwarmQuestions() keeps the path prefix of a proxy", async () => {
  await using server = new ScriptedServer(({ path }) =>
    path === "/swarm/API/GetNewSession" ? json({ session_id: "s" }) : recorded("idleStatus")
  );
  const questions = createSwarmQuestions(optionsFor(`${server.url}/swarm/`));
  assertEquals(valueOf(await questions.globalCounters()), ZERO);
  assertEquals(server.requests[1]?.path, "/swarm/API/GetGlobalStatus");
});

Deno.test("backends() reads ages, models, cards and disabled ones", async () => {
  const backend = { type: "comfyui_selfstart", status: "running", title: null, enabled: true };
  await using server = ScriptedServer.routes({
    GetNewSession: () => json({ session_id: "s" }),
    ListBackends: () =>
      json({
        "0": {
          ...backend,
          settings: { GPU_ID: "1" },
          current_model: "sdxl/base.safetensors",
          seconds_since_used: 12,
          time_since_used: "12 seconds ago",
        },
        "-1": { ...backend, seconds_since_used: 0, time_since_used: "0 seconds from now" },
        "12": { ...backend, enabled: false, seconds_since_used: 0, time_since_used: "Never" },
        "13": { type: "x", status: "idle", seconds_since_used: 0 },
      }),
  });
  const read = valueOf(await createSwarmQuestions(optionsFor(server.url)).backends());
  assertEquals(
    read.map(({ id, enabled, gpu, modelLoaded, secondsSinceUsed }) => [
      id,
      enabled,
      gpu,
      modelLoaded,
      secondsSinceUsed,
    ]),
    [
      [0, true, "1", "sdxl/base.safetensors", 12],
      [12, false, null, null, null],
      [13, true, null, null, null],
      [-1, true, null, null, 0],
    ],
  );
});

Deno.test("resources() reads cards, keyed by text", async () => {
  await using server = ScriptedServer.routes({
    GetNewSession: () => json({ session_id: "s" }),
    GetServerResourceInfo: () =>
      json({
        cpu: { usage: 0.03, cores: 16 },
        system_ram: { total: 2, used: 1, free: 1 },
        gpus: { "0": { id: 0, name: "NVIDIA", utilization_gpu: 98, used_memory: 22535995392 } },
      }),
  });
  const { gpus } = valueOf(await createSwarmQuestions(optionsFor(server.url)).resources());
  assertEquals(gpus, [{ id: 0, name: "NVIDIA", utilization: 0.98, vramUsedBytes: 22535995392 }]);
});

Deno.test("what a cache was told before is no answer", async () => {
  const old = { "content-type": "application/json", age: "30" };
  const asked: (string | null)[] = [];
  await using server = ScriptedServer.routes({
    prompt: ({ headers }) => {
      asked.push(headers.get("cache-control"));
      return new Response('{"exec_info":{"queue_remaining":0}}', { headers: old });
    },
  });
  const answer = await createSwarmQuestions(optionsFor(server.url)).comfyQueue(0);
  assertEquals(
    [answer.answered ? null : answer.reason, answer.answered ? null : answer.message],
    [
      "protocol",
      "a cache before the server answered with what it was told 30 s ago (let it keep nothing)",
    ],
  );
  assertEquals(asked, ["no-cache"]);
});

Deno.test("comfyQueue() distinguishes a dead ComfyUI from a refusal and from another program", async () => {
  const page = "<html></html>";
  for (
    const [reply, expected] of [
      [() => recorded("comfyNone"), { kind: "withheld" }],
      [
        () => html("<title>Error 500: Internal Server Error - SwarmUI - Local</title>", 500),
        { kind: "dead" },
      ],
      [() => html(page, 500), { reason: "unreachable" }],
      [() => html(page, 400), { reason: "not_swarmui" }],
      [() => recorded("originNull"), { reason: "unreachable" }],
      [() => new Response(new Uint8Array(0)), { reason: "unreachable" }],
      [() => html(page, 502), { reason: "unreachable" }],
      [() => html(page), { reason: "not_swarmui" }],
      [() => json({ detail: "no" }, 400), { reason: "not_swarmui" }],
      [() => json({ exec_info: {} }), { reason: "protocol" }],
      [() => json({ exec_info: { queue_remaining: -1 } }), { reason: "protocol" }],
      [() => json([]), { reason: "protocol" }],
      [() => recorded("headerLock"), { reason: "refused" }],
      [() => redirect("/Error/404"), { reason: "not_supported" }],
      [() => redirect("/Error/Internal"), { reason: "server_error" }],
      [() => redirect("https://elsewhere.example/"), { reason: "not_swarmui" }],
      [() => recorded("comfyDenied"), {
        reason: "not_permitted",
        needs: "permission comfy_direct_calls",
      }],
      [() => redirect("/Error/Permissions"), {
        reason: "not_permitted",
        needs: "permission comfy_direct_calls",
      }],
    ] as const
  ) {
    await using server = ScriptedServer.routes({ prompt: reply });
    const answer = await createSwarmQuestions(optionsFor(server.url)).comfyQueue(0);
    const found: unknown = answer.answered ? answer.value : refusalOf(answer);
    assertEquals(found, expected, JSON.stringify(answer));
    assertEquals(server.asked, ["prompt"]);
  }
});

Deno.test("sessionCounters() asks with that session only, and only at its own address", async () => {
  await using server = ScriptedServer.routes({
    GetCurrentStatus: ({ body }) =>
      body.includes("known") ? recorded("idleStatus") : recorded("invalidSession"),
  });
  const questions = createSwarmQuestions(optionsFor(server.url));
  function session(id: string, serverUrl: string): ServerSession {
    return new ServerSession(id, { serverUrl, createdAt: 0 });
  }
  assertEquals(valueOf(await questions.sessionCounters(session("known", server.url))), ZERO);
  const otherName = server.url.replace("127.0.0.1", "localhost");
  assertEquals(valueOf(await questions.sessionCounters(session("known", otherName))), ZERO);
  assertEquals(valueOf(await questions.sessionCounters(session("lost", server.url))), "gone");
  assertEquals(server.asked.length, 3);
});

Deno.test("sessionCounters() asks another address there, without the credentials", async () => {
  await using asked = new ScriptedServer(() => recorded("newSession"));
  await using other = ScriptedServer.routes({ GetCurrentStatus: () => recorded("idleStatus") });
  const questions = createSwarmQuestions(
    optionsFor(asked.url, { authorization: "Bearer key", token: "aa.bb.cc" }),
  );
  const session = new ServerSession("known", { serverUrl: other.url, createdAt: 0 });
  assertEquals(valueOf(await questions.sessionCounters(session)), ZERO);
  assertEquals(asked.asked.length, 0);
  const [request] = other.requests;
  assertEquals(request?.headers.get("authorization"), null);
  assertEquals(request?.headers.get("cookie"), null);
  const dead = new ServerSession("known", { serverUrl: deadUrl(), createdAt: 0 });
  assertEquals(refusalOf(await questions.sessionCounters(dead)).reason, "unreachable");
});

Deno.test("createSwarmQuestions() sends nothing without Deno's permission", async () => {
  await using server = new ScriptedServer(() => recorded("newSession"));
  const needs = "--allow-net=127.0.0.1:1";
  const questions = createSwarmQuestions(optionsFor(server.url, { netPermission: () => needs }));
  const session = new ServerSession("s", { serverUrl: server.url, createdAt: 0 });
  for (
    const answer of [
      await questions.globalCounters(),
      await questions.backends(),
      await questions.comfyQueue(null),
      await questions.sessionCounters(session),
      await questions.renewIdentity(),
    ]
  ) {
    assertEquals(refusalOf(answer), { reason: "permission", needs });
  }
  assertEquals(server.requests.length, 0);
});

Deno.test("createSwarmQuestions() refuses an address it cannot use", () => {
  assertThrows(() => createSwarmQuestions(optionsFor("localhost")), UsageError);
  assertThrows(
    () => createSwarmQuestions(optionsFor("http://h", { token: "a;b" })),
    UsageError,
  );
});

/** This many models, of a server that lists 100 and one more. */
async function cutServer(count: number): Promise<Simulator> {
  return await startSimulator({
    modelListCap: 100,
    models: Array.from({ length: count }, (_, at) => ({ name: `model-${at}.safetensors` })),
    backends: [{ model: `model-${count - 1}.safetensors` }],
  });
}

Deno.test("modelTotals() counts the names of a list that the server cut, and asks no more of another", async () => {
  for (const [count, questions] of [[100, 0], [101, 2], [130, 2], [7, 0]] as const) {
    await using server = await cutServer(count);
    const asked = createSwarmQuestions(optionsFor(server.url));
    assertEquals(valueOf(await asked.modelTotals()), { count, loaded: 1 });
    const routes = server.requests.map(({ route }) => route);
    assertEquals(routes.slice(0, 2), ["GetNewSession", "ListModels"]);
    assertEquals(routes.length, 2 + questions, `${count}`);
  }
});

Deno.test("modelTotals() says that there may be more where the names cannot be had", async () => {
  await using server = await cutServer(130);
  server.fault({ route: "ListT2IParams", kind: "status", status: 503 });
  const { count, isAtLeast } = valueOf(
    await createSwarmQuestions(optionsFor(server.url)).modelTotals(),
  );
  assertEquals([count, isAtLeast], [101, true]);
});
