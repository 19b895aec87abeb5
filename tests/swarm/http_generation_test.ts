import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  PermissionError,
  ServerError,
  ServerRefusedError,
  ServerUnreachableError,
} from "../../src/errors.ts";
import type { GenerationEvent, ImageRequest } from "../../src/generation/image_server.ts";
import { ServerSession } from "../../src/generation/session.ts";
import { createImageServer } from "../../src/swarm/image_client.ts";
import type { SwarmOptions } from "../../src/swarm/transport.ts";
import { waitFor } from "../support/wait_for.ts";
import {
  closeQuietly,
  deadUrl,
  type Handler,
  html,
  json,
  RawServer,
  recorded,
  redirect,
  ScriptedServer,
  writeAll,
} from "./scripted_server.ts";
import { agreement } from "./socket_server.ts";
import { optionsFor } from "./swarm_options.ts";

interface Follow extends Partial<SwarmOptions> {
  readonly transport?: "auto" | "http";
  readonly signal?: AbortSignal;
  readonly request?: Partial<ImageRequest>;
}

function generate(url: string, options: Follow = {}): AsyncIterable<GenerationEvent> {
  const { transport = "http", signal = new AbortController().signal } = options;
  return createImageServer(optionsFor(url, options)).generate(
    new ServerSession("53c237", { serverUrl: url, createdAt: 0 }),
    { prompt: "a cat", model: "tiny", images: 2, ...options.request },
    { transport, signal },
  );
}

async function collect(
  events: AsyncIterable<GenerationEvent>,
): Promise<{ readonly events: readonly GenerationEvent[]; readonly error: unknown }> {
  const seen: GenerationEvent[] = [];
  try {
    for await (const event of events) seen.push(event);
    return { events: seen, error: null };
  } catch (error) {
    return { events: seen, error };
  }
}

function serverOf(
  generateAnswer: Handler,
  more: Readonly<Record<string, Handler>> = {},
): ScriptedServer {
  return ScriptedServer.routes({
    GetCurrentStatus: () => recorded("idleStatus"),
    GenerateText2Image: generateAnswer,
    ...more,
  });
}

Deno.test("generate() over HTTP yields the images when all is over", async () => {
  const paths = ["View/local/raw/a cat.png", "data:image/png;base64,AAAA"];
  await using server = serverOf(() => json({ images: paths }));
  const { events, error } = await collect(generate(server.url));
  assertEquals(error, null);
  assertEquals(events, [
    { kind: "sent", transport: "http" },
    ...paths.map((path) => ({ kind: "image", image: { index: null, path, seed: null } } as const)),
    { kind: "over" },
  ]);
  assertEquals(server.asked, ["GetCurrentStatus", "GenerateText2Image"]);
});

Deno.test("generate() sends what is said, and nothing that is not", async () => {
  await using server = serverOf(() => json({ images: [] }));
  await collect(generate(server.url));
  await collect(generate(server.url, {
    request: {
      negativePrompt: "",
      steps: 20,
      width: 1024,
      height: 768,
      seed: "9223372036854775807",
      cfgScale: 7.5,
      sampler: "dpmpp_2m",
      scheduler: "karras",
      loras: [{ name: "style/ink.safetensors", weight: 0.8 }, { name: "detail", weight: 1 }],
    },
  }));
  const sent = server.requests.filter(({ path }) => path.endsWith("Image")).map(({ body }) => body);
  assertEquals(sent.map((body) => JSON.parse(body)), [
    { session_id: "53c237", images: 2, prompt: "a cat", model: "tiny" },
    {
      session_id: "53c237",
      images: 2,
      prompt: "a cat",
      model: "tiny",
      negativeprompt: "",
      steps: 20,
      width: 1024,
      height: 768,
      seed: "9223372036854775807",
      cfgscale: 7.5,
      sampler: "dpmpp_2m",
      scheduler: "karras",
      loras: ["style/ink", "detail"],
      loraweights: ["0.8", "1"],
    },
  ]);
});

Deno.test("generate() over HTTP tells the server's errors as events, refusals as errors", async () => {
  for (
    const [answer, kinds, errorClass] of [
      [() => json({ error: "Generation session interrupted." }), "sent error over", null],
      [() => recorded("internalError"), "sent error over", null],
      [() => recorded("badPermissions"), "sent", ServerRefusedError],
      [() => recorded("headerLock"), "sent", ServerRefusedError],
      [
        () => new Response("", { headers: { "content-type": "application/json" } }),
        "sent",
        ServerUnreachableError,
      ],
      [() => json({}), "sent", ServerUnreachableError],
      [() => json({ images: [5] }), "sent", ServerUnreachableError],
      [() => html("<html>"), "sent", ServerUnreachableError],
    ] as const
  ) {
    await using server = serverOf(answer);
    const { events, error } = await collect(generate(server.url));
    assertEquals(events.map(({ kind }) => kind).join(" "), kinds, `${error}`);
    if (errorClass === null) assertEquals(error, null);
    else assert(error instanceof errorClass, `${error}`);
  }
});

Deno.test("generate() over HTTP waits longer than a question may take", async () => {
  const isAnswered = Promise.withResolvers<void>();
  await using server = serverOf(async () => {
    await isAnswered.promise;
    return json({ images: ["a"] });
  });
  // Long enough for a busy machine to answer the question that comes first.
  const requestTimeoutMs = 500;
  const slow = collect(generate(server.url, { requestTimeoutMs }));
  await waitFor(() => server.asked.includes("GenerateText2Image"), { what: "the request" });
  // A question with the same deadline, put after the request, fails while the request goes on.
  await using hung: ScriptedServer = new ScriptedServer(() => hung.hang());
  const { error } = await collect(generate(hung.url, { requestTimeoutMs }));
  assert(error instanceof ServerUnreachableError);
  isAnswered.resolve();
  assertEquals((await slow).error, null);
});

Deno.test("generate() sends nothing to a server that does not answer a question first", async () => {
  await using server: ScriptedServer = serverOf(() => json({ images: [] }), {
    GetCurrentStatus: () => server.hang(),
  });
  const { events, error } = await collect(generate(server.url, { requestTimeoutMs: 30 }));
  assertEquals(events, []);
  assert(error instanceof ServerUnreachableError);
  assert(!server.asked.includes("GenerateText2Image"));
  const lost = serverOf(() => json({}), { GetCurrentStatus: () => recorded("invalidSession") });
  await using _ = lost;
  const second = await collect(generate(lost.url));
  assert(second.error instanceof ServerError);
  assert(!second.error.message.includes("53c237"));
});

Deno.test("generate() over HTTP fails if the server goes away while it works", async () => {
  await using server = new RawServer(async (conn, head) => {
    if (head.includes("GetCurrentStatus")) {
      const body = '{"status":{}}';
      await writeAll(
        conn,
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n" +
          `content-length: ${body.length}\r\n\r\n${body}`,
      );
    }
    closeQuietly(conn);
  });
  const { events, error } = await collect(generate(server.url));
  assertEquals(events, [{ kind: "sent", transport: "http" }]);
  assert(error instanceof ServerUnreachableError);
});

Deno.test("generate() over HTTP throws an abort's reason at once", async () => {
  for (const whereAborted of ["before", "sent", "waiting"] as const) {
    const stop = new AbortController();
    await using server: ScriptedServer = serverOf(() => {
      if (whereAborted === "waiting") stop.abort(new RangeError("enough"));
      return server.hang();
    });
    if (whereAborted === "before") stop.abort(new RangeError("enough"));
    await assertRejects(
      async () => {
        for await (const _ of generate(server.url, { signal: stop.signal })) {
          if (whereAborted === "sent") stop.abort(new RangeError("enough"));
        }
      },
      RangeError,
      "enough",
    );
    if (whereAborted === "before") assertEquals(server.requests.length, 0);
  }
});

Deno.test("generate() over HTTP ends its request when the consumer leaves", async () => {
  await using server: ScriptedServer = serverOf(() => server.hang());
  for await (const event of generate(server.url)) {
    assertEquals(event.kind, "sent");
    break;
  }
});

const refusals: readonly (readonly [string, Handler])[] = [
  ["401 for the header", () => recorded("headerLock")],
  ["a redirect", () => redirect("/Error/404")],
  ["a page", () => html("<html>")],
  ["an error", () => html("", 502)],
];

for (const [name, refuse] of refusals) {
  Deno.test(`generate() uses HTTP if the handshake is answered with ${name}`, async () => {
    await using server = serverOf(() => json({ images: ["a"] }), { GenerateText2ImageWS: refuse });
    const { events, error } = await collect(generate(server.url, { transport: "auto" }));
    assertEquals(error, null);
    assertEquals(events.map(({ kind }) => kind), ["sent", "image", "over"]);
    assertEquals(server.asked, ["GenerateText2ImageWS", "GetCurrentStatus", "GenerateText2Image"]);
  });
}

Deno.test("generate() uses HTTP if the handshake is broken, cut off or never answered", async () => {
  const wrongKey = await agreement("another key");
  for (
    const answer of [
      "",
      "HTTP/1.1 101 Switch",
      "SSH-2.0\r\n\r\n",
      wrongKey,
      "x".repeat(70_000),
      null,
    ]
  ) {
    await using server = new RawServer(async (conn, head) => {
      const body = head.includes("GetCurrentStatus") ? '{"status":{}}' : '{"images":["a"]}';
      const isUpgrade = head.startsWith("GET");
      if (isUpgrade && answer === null) return;
      await writeAll(
        conn,
        isUpgrade ? answer ?? "" : "HTTP/1.1 200 OK\r\nconnection: close\r\n" +
          `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      closeQuietly(conn);
    });
    const requestTimeoutMs = answer === null ? 500 : 20_000;
    const { events, error } = await collect(
      generate(server.url, { transport: "auto", requestTimeoutMs }),
    );
    assertEquals(error, null, answer ?? "never");
    assertEquals(events.map(({ kind }) => kind), ["sent", "image", "over"]);
  }
});

Deno.test("generate() throws an abort's reason in the middle of a handshake", async () => {
  const stop = new AbortController();
  await using server = new RawServer(() => {
    stop.abort(new RangeError("enough"));
    return Promise.resolve();
  });
  const { events, error } = await collect(
    generate(server.url, { transport: "auto", signal: stop.signal }),
  );
  assert(error instanceof RangeError);
  assertEquals(events, []);
});

Deno.test("generate() says that nobody listens, or that Deno was not allowed", async () => {
  const dead = await collect(generate(deadUrl(), { transport: "auto" }));
  assert(dead.error instanceof ServerUnreachableError);
  await using server = serverOf(() => json({ images: [] }));
  const { error } = await collect(
    generate(server.url, { transport: "auto", netPermission: () => "--allow-net=127.0.0.1:1" }),
  );
  assert(error instanceof PermissionError);
  assertEquals(error.needs, "--allow-net=127.0.0.1:1");
  assertStringIncludes(error.message, "--allow-net=127.0.0.1:1");
  assertEquals(server.requests.length, 0);
});

Deno.test("generate() gives up on TLS that is never answered", async () => {
  await using server = new RawServer(() => Promise.resolve());
  const url = server.url.replace("http:", "https:");
  const { events, error } = await collect(
    generate(url, { transport: "auto", requestTimeoutMs: 40 }),
  );
  assert(error instanceof ServerUnreachableError, `${error}`);
  assertEquals(events, []);
});
