import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServerError, ServerRefusedError, ServerUnreachableError } from "../../../src/errors.ts";
import type { GenerationEvent } from "../../../src/generation/server/image_server.ts";
import { waitFor } from "../../support/wait_for.ts";
import { collect, type Follow, generate, serverOf } from "../follow.ts";
import {
  closeQuietly,
  html,
  json,
  RawServer,
  recorded,
  ScriptedServer,
  writeAll,
} from "../scripted_server.ts";

/** Generates over HTTP without trying anything else. */
function overHttp(url: string, options: Follow = {}): AsyncIterable<GenerationEvent> {
  return generate(url, { ...options, transport: "http" });
}

Deno.test("generate() over HTTP yields the images when all is over", async () => {
  const paths = ["View/local/raw/a cat.png", "data:image/png;base64,AAAA"];
  await using server = serverOf(() => json({ images: paths }));
  const { events, error } = await collect(overHttp(server.url));
  assertEquals(error, null);
  assertEquals(events, [
    { kind: "sent", transport: "http" },
    ...paths.map((path) => ({ kind: "image", image: { index: null, path, seed: null } } as const)),
    { kind: "over" },
  ]);
  assertEquals(server.asked, ["GetCurrentStatus", "GenerateText2Image"]);
});

Deno.test("generate() sends the given values and nothing else", async () => {
  await using server = serverOf(() => json({ images: [] }));
  await collect(overHttp(server.url));
  await collect(overHttp(server.url, {
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

Deno.test("generate() over HTTP reports the server's errors as events, refusals as errors", async () => {
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
    const { events, error } = await collect(overHttp(server.url));
    assertEquals(events.map(({ kind }) => kind).join(" "), kinds, `${error}`);
    if (errorClass === null) assertEquals(error, null);
    else assert(error instanceof errorClass, `${error}`);
  }
});

Deno.test("generate() over HTTP takes pictures in an answer that is longer than others may be", async () => {
  const path = `data:image/png;base64,${"A".repeat(4_000)}`;
  await using server = serverOf(() => json({ images: [path, path, path] }));
  const { events, error } = await collect(overHttp(server.url, { maxAnswerBytes: 10_000 }));
  assertEquals(error, null);
  const told = { kind: "image", image: { index: null, path, seed: null } } as const;
  assertEquals(events.slice(1), [told, told, told, { kind: "over" }]);
});

Deno.test("generate() over HTTP waits longer than a question may take", async () => {
  const isAnswered = Promise.withResolvers<void>();
  await using server = serverOf(async () => {
    await isAnswered.promise;
    return json({ images: ["a"] });
  });
  // Long enough for a busy machine to answer the question that comes first.
  const requestTimeoutMs = 2_000;
  const slow = collect(overHttp(server.url, { requestTimeoutMs }));
  await waitFor(() => server.asked.includes("GenerateText2Image"), { what: "the request" });
  // A question with the same deadline, put after the request, fails while the request goes on.
  await using hung: ScriptedServer = new ScriptedServer(() => hung.hang());
  const { error } = await collect(overHttp(hung.url, { requestTimeoutMs }));
  assert(error instanceof ServerUnreachableError);
  isAnswered.resolve();
  assertEquals((await slow).error, null);
});

Deno.test("generate() sends nothing to a server that does not answer a question first", async () => {
  await using server: ScriptedServer = serverOf(() => json({ images: [] }), {
    GetCurrentStatus: () => server.hang(),
  });
  const { events, error } = await collect(overHttp(server.url, { requestTimeoutMs: 30 }));
  assertEquals(events, []);
  assert(error instanceof ServerUnreachableError);
  assert(!server.asked.includes("GenerateText2Image"));
  const lost = serverOf(() => json({}), { GetCurrentStatus: () => recorded("invalidSession") });
  await using _ = lost;
  const second = await collect(overHttp(lost.url));
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
  const { events, error } = await collect(overHttp(server.url));
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
        for await (const _ of overHttp(server.url, { signal: stop.signal })) {
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
  for await (const event of overHttp(server.url)) {
    assertEquals(event.kind, "sent");
    break;
  }
});

/** Images asked for, the list that came, MaxImagesInMiniGrid, and whether the last is the grid. */
const LISTS: readonly (readonly [number, number, number | null, boolean])[] = [
  [3, 3, 10, true],
  [5, 3, 3, true],
  [3, 3, 1, false],
  [3, 3, null, false],
  [3, 3, 2, false],
  [3, 2, 10, false],
];

for (const [asked, count, most, isGrid] of LISTS) {
  Deno.test(`generate() over HTTP: ${count} of ${asked} with mini-grids of ${most} ${isGrid ? "end with one" : "hold none"}`, async () => {
    const paths = Array.from({ length: count }, (_, at) => `View/local/raw/a cat-${at}.png`);
    const settings = { maximagesinminigrid: { type: "integer", value: most } };
    await using server = serverOf(() => json({ images: paths }), {
      GetUserSettings: () => most === null ? recorded("badPermissions") : json({ settings }),
    });
    const { events, error } = await collect(overHttp(server.url, { request: { images: asked } }));
    assertEquals(error, null);
    const indices = events.flatMap((event) => event.kind === "image" ? [event.image.index] : []);
    const last = isGrid ? -1 : null;
    assertEquals(indices, [...Array.from({ length: count - 1 }, () => null), last]);
  });
}

Deno.test("generate() over HTTP asks for no setting that cannot matter", async () => {
  for (
    const [images, paths] of [[2, ["a.png", "b.png", "c.png"]], [3, [
      "a.mp4",
      "b.mp4",
      "c.mp4",
    ]]] as const
  ) {
    await using server = serverOf(() => json({ images: paths }));
    await collect(overHttp(server.url, { request: { images } }));
    assertEquals(server.asked, ["GetCurrentStatus", "GenerateText2Image"]);
  }
});
