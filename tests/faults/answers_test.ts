/** The size of a server's answer is limited, and a temporary error is not taken for an answer. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ServerSession } from "../../src/generation/session.ts";
import { createImageServer } from "../../src/swarm/images/image_client.ts";
import { createSwarmQuestions } from "../../src/swarm/questions/swarm_questions.ts";
import { GATEWAY_ADVICE } from "../../src/swarm/wire/api_reply.ts";
import { toError } from "../../src/swarm/wire/failure_error.ts";
import { MAX_JSON_DEPTH, readJson } from "../../src/json_object.ts";
import { HostileServer, imageFrame, NORMAL_END } from "../support/hostile_server.ts";
import { readGenerate, readStatus, type StatusJson } from "../support/status_json.ts";
import { tempDir } from "../support/temp_dir.ts";
import { html, json, recorded, redirect, ScriptedServer } from "../swarm/scripted_server.ts";
import { optionsFor } from "../swarm/swarm_options.ts";

const DEEP = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

/** Answers that may be different a second later. */
const PASSING: readonly (readonly [string, () => Response])[] = [
  ["503 with JSON", () => json({ error: "upstream is down" }, 503)],
  ["503 with JSON that names an id", () => json({ error: "x", error_id: "bad_permissions" }, 503)],
  ["500 with JSON", () => json({ error: "invalid session", error_id: "invalid_session_id" }, 500)],
  ["500 with a page", () => html("Internal Server Error", 500)],
  ["429 with JSON", () => json({ error: "slow down" }, 429)],
  ["429 with a page", () => html("slow down", 429)],
  ["502 with a page", () => html("bad gateway", 502)],
  ["520 with a page", () => html("unknown error", 520)],
  ["408 without a body", () => new Response(null, { status: 408 })],
];

for (const [name, answer] of PASSING) {
  Deno.test(`${name} is a temporary error for every question`, async () => {
    await using server = new ScriptedServer(answer);
    const questions = createSwarmQuestions(optionsFor(server.url));
    const session = new ServerSession("53c237", { serverUrl: server.url, createdAt: 0 });
    for (
      const told of [
        await questions.globalCounters(),
        await questions.sessionCounters(session),
        await questions.renewIdentity(),
      ]
    ) {
      assert(!told.answered);
      assertEquals(told.reason, "unreachable");
      assertStringIncludes(told.message ?? "", `HTTP status`);
    }
  });

  Deno.test(`wait does not end with 4 after ${name}`, async () => {
    await using directory = await tempDir();
    await using server = new HostileServer({
      routes: { GetNewSession: answer, GetGlobalStatus: answer },
    });
    const { code, err } = await server.run(["wait", "--once"], directory.path);
    assertEquals(code, 5, err);
    assert(!/login|--token/.test(err), err);
  });
}

for (const [status, body] of [[401, { error: "Unauthorized" }], [403, { error: "Forbidden" }]]) {
  Deno.test(`${status} with a gateway's JSON means the gateway's login, not an account's`, async () => {
    await using server = new ScriptedServer(() => json(body, Number(status)));
    const told = await createSwarmQuestions(optionsFor(server.url)).renewIdentity();
    assert(!told.answered);
    assertEquals(
      [told.reason, told.message],
      [
        "refused",
        `a gateway before the server requires a login (HTTP status ${status}; ${GATEWAY_ADVICE})`,
      ],
    );
  });
}

Deno.test("comfyQueue() treats a busy gateway as a passing error", async () => {
  for (const status of [429, 502, 503, 504, 520]) {
    await using server = new ScriptedServer(() => html("", status));
    const told = await createSwarmQuestions(optionsFor(server.url)).comfyQueue(0);
    assert(!told.answered);
    assertEquals(told.reason, "unreachable");
  }
});

/** Pages of gateways in front of SwarmUI that look like its own refusals and errors. */
const GATEWAY_PAGES: readonly (readonly [string, () => Response])[] = [
  ["a login's 401", () => html("<title>Log in</title>Permission denied.", 401)],
  ["a 401 as text", () => new Response("Permission denied.", { status: 401 })],
  ["a 401 as JSON", () => json({ error: "Permission denied." }, 401)],
  ["a 403", () => html("<title>Forbidden</title>", 403)],
  ["a 407", () => html("<title>Proxy login</title>", 407)],
  ["a 429", () => html("slow down", 429)],
  ["a 500 that names SwarmUI", () => html("<title>SwarmUI is down</title> SwarmUI", 500)],
  ["a 503 that names SwarmUI", () => html("<title>Error 503 - SwarmUI</title>", 503)],
  ["a redirect to an error page elsewhere", () => redirect("http://login.test/Error/Permissions")],
  ["a redirect to a missing page elsewhere", () => redirect("http://login.test/Error/404")],
];

for (const [name, page] of GATEWAY_PAGES) {
  Deno.test(`${name} of a gateway says nothing of ComfyUI`, async () => {
    await using server = new ScriptedServer(page);
    const told = await createSwarmQuestions(optionsFor(server.url)).comfyQueue(0);
    assert(!told.answered);
    assert(["refused", "unreachable", "not_swarmui"].includes(told.reason), told.reason);
  });
}

Deno.test("status is never idle because of a gateway's page in place of ComfyUI's answer", async () => {
  await using directory = await tempDir();
  const login = (): Response => html("<title>Log in</title>Permission denied.", 401);
  await using server = new HostileServer({
    routes: {
      "ListBackends": () => json({ 0: { type: "comfyui_api", status: "running" } }),
      "ComfyBackendDirect/prompt": login,
    },
  });
  const { verdict, likely } = await statusOf(server, directory.path);
  assertEquals([verdict, likely], ["unknown", null]);
});

Deno.test("the backends are in doubt if their list failed, even if this user may not ask ComfyUI", async () => {
  await using directory = await tempDir();
  const denied = (): Response => recorded("comfyDenied");
  const failures: readonly (() => Response)[] = [
    () => json({ error_id: "internal_error", error: "An internal error occurred" }, 400),
    () => json({ a: 1 }),
    () => redirect("http://login.test/Error/Permissions"),
  ];
  for (const failed of failures) {
    await using server = new HostileServer({
      routes: { "ListBackends": failed, "ComfyBackendDirect/prompt": denied },
    });
    assertEquals((await statusOf(server, directory.path)).verdict, "unknown");
  }
  await using server = new HostileServer({
    routes: {
      "ListBackends": () => recorded("badPermissions"),
      "ComfyBackendDirect/prompt": denied,
    },
  });
  const { verdict, generations_running_basis } = await statusOf(server, directory.path);
  assertEquals([verdict, generations_running_basis], ["idle", "at_least"]);
});

async function statusOf(server: HostileServer, directory: string): Promise<StatusJson> {
  const { code, out, err } = await server.run(["status", "--format", "json"], directory);
  assertEquals(code, 0, err);
  return readStatus(out);
}

Deno.test("a permission without a name is not printed as undefined", () => {
  for (const reason of ["not_permitted", "permission"] as const) {
    const { message } = toError({ ok: false, reason, message: "no", errorId: null }, "Cannot ask");
    assert(!message.includes("undefined"), message);
  }
});

Deno.test("generate image says that a busy server is busy, and gives no other advice", async () => {
  await using directory = await tempDir();
  await using server = new HostileServer({
    routes: { GetNewSession: () => json({ error: "slow down" }, 429) },
  });
  const { code, err } = await server.generate(directory.path);
  assertEquals([code, err], [
    5,
    `Error: Cannot open a session at ${server.url}: the server is too busy to answer ` +
    "(HTTP status 429; try again later)\n",
  ]);
});

Deno.test("generate image keeps an image whose metadata is nested 100,000 deep, and its seed", async () => {
  await using directory = await tempDir();
  const metadata = `{"a":${DEEP},"sui_image_params":{"seed":9223372036854775807}}`;
  for (
    const [frame, what] of [
      [imageFrame("View/a.png", { metadata }), "The metadata of an image"],
      [
        `{"image":"View/a.png","batch_index":"0","metadata":${metadata.replace(/\d{19}/, "7")}}`,
        "A message of the server",
      ],
    ] as const
  ) {
    await using server = new HostileServer({ frames: [frame, ...NORMAL_END] });
    const { code, out, err } = await server.generate(directory.path);
    assertEquals([code, err], [
      0,
      `Warning: ${what} is nested more than 100 levels deep: what is deeper is left out\n`,
    ]);
    const [image] = readGenerate(out).images;
    assertEquals(image?.url, `${server.url}/View/a.png`);
    assert(["9223372036854775807", "7"].includes(image?.seed ?? ""));
  }
});

Deno.test("an error that is nested 100,000 deep is an error in one line", async () => {
  await using directory = await tempDir();
  await using server = new HostileServer({ frames: [`{"error":${DEEP}}`, ...NORMAL_END] });
  const { code, err } = await server.generate(directory.path);
  assertEquals(code, 1);
  const [warning, error, ...rest] = err.trimEnd().split("\n");
  assertStringIncludes(warning ?? "", "Warning: A message of the server is nested");
  assertStringIncludes(error ?? "", `Error: Cannot generate on ${server.url}: [[[[`);
  assertEquals(rest, []);
});

Deno.test("readJson() leaves out what is nested too deep, and nothing else", () => {
  const inner = "[".repeat(MAX_JSON_DEPTH - 1) + "]".repeat(MAX_JSON_DEPTH - 1);
  assertEquals(readJson(`{"a":${inner}}`).isCut, false);
  const { value, isCut } = readJson(`{"a":"\\\\\\"[{","b":[${DEEP},1,${DEEP}],"c":{"d":"]"}}`);
  assert(isCut && value instanceof Object && "a" in value && "c" in value && "b" in value);
  assertEquals([value.a, value.c], ['\\"[{', { d: "]" }]);
  assert(Array.isArray(value.b));
  assertEquals([value.b.length, value.b[1]], [3, 1]);
  for (const text of [DEEP.slice(0, -1), `"${DEEP}`, "", `[${DEEP}`]) {
    assertEquals(readJson(text), { value: undefined, isCut: false });
  }
});

Deno.test("generate image does not print a path that it refuses", async () => {
  await using directory = await tempDir();
  for (
    const path of [
      "javascript:alert(1)",
      "http://elsewhere.example/a.png",
      "../../a.png",
      "data:text/html,<script>alert(1)</script>",
      `View/${"a".repeat(5000)}.png`,
    ]
  ) {
    await using server = new HostileServer({ frames: [imageFrame(path), ...NORMAL_END] });
    for (const args of [[], ["--save-images"]]) {
      const { code, out, err } = await server.generate(directory.path, args);
      assertEquals(code, 1, path);
      const [line = "", ...rest] = err.trimEnd().split("\n");
      assertEquals(rest, []);
      assertStringIncludes(line, "refused; 0 of 1 image made");
      assert(line.length < 500, `${line.length}`);
      assertEquals(readGenerate(out).images, []);
    }
  }
});

Deno.test("generate image keeps the good pictures of an HTTP answer with bad paths", async () => {
  await using server = ScriptedServer.routes({
    GetCurrentStatus: () => json({ status: {} }),
    GenerateText2Image: () => json({ images: ["View/a.png", 5, "", "javascript:x"] }),
  });
  const events = [];
  for await (
    const event of createImageServer(optionsFor(server.url)).generate(
      new ServerSession("53c237", { serverUrl: server.url, createdAt: 0 }),
      { prompt: "a cat", model: "tiny", images: 4 },
      { transport: "http", signal: new AbortController().signal },
    )
  ) events.push(event);
  assertEquals(events, [
    { kind: "sent", transport: "http" },
    { kind: "image", image: { index: null, path: "View/a.png", seed: null } },
    {
      kind: "unreadable",
      message:
        `the picture "javascript:x" that the server named does not lie below ${server.url}, and ` +
        "is refused",
    },
    { kind: "unreadable", message: "the answer names 2 images without a path" },
    { kind: "over" },
  ]);
});

function* manyProgresses(): Iterable<string> {
  for (let index = 0; index < 30_000; index++) {
    yield JSON.stringify({ gen_progress: { batch_index: `${index}`, overall_percent: 0.5 } });
  }
  yield imageFrame("View/a.png");
  yield* NORMAL_END;
}

Deno.test("generate image ignores progress of 30,000 images when it requested one", async () => {
  await using directory = await tempDir();
  await using server = new HostileServer({ frames: manyProgresses() });
  const { code, err } = await server.generate(directory.path, ["--timeout", "1m"]);
  assertEquals([code, err], [
    0,
    "Warning: The server reports more than 101 images in progress: the rest is left out\n",
  ]);
});

Deno.test("generate image takes not many more images than it asked for, nor more taken back", async () => {
  await using directory = await tempDir();
  const frames = Array.from(
    { length: 500 },
    (_, index) => imageFrame(`View/${index}.png`, { batch_index: index }),
  );
  const indices = Array.from({ length: 100_000 }, (_, index) => index + 1000);
  await using server = new HostileServer({
    frames: [...frames, JSON.stringify({ discard_indices: indices }), ...NORMAL_END],
  });
  const { code, out, err } = await server.generate(directory.path);
  assertEquals([code, err], [
    0,
    "Warning: The server sent more than 101 images: the rest is left out\n" +
    "Warning: The server takes back more than 101 images: the rest is left out\n",
  ]);
  const { images, extra_images } = readGenerate(out);
  assertEquals([images.length, extra_images.length], [1, 100]);
});
