import { assert, assertEquals } from "@std/assert";
import type { GenerationEvent } from "../../../src/generation/server/image_server.ts";
import { FrameReader } from "../../../src/swarm/wire/frame_events.ts";

/** What messages say one after another; `null` for nothing. */
function readAll(messages: readonly unknown[]): readonly (GenerationEvent | string | null)[] {
  const reader = new FrameReader("53c237");
  return messages.map((message) => {
    const told = reader.read(typeof message === "string" ? message : JSON.stringify(message));
    return told.kind === "event" ? told.event : told.kind;
  });
}

function progress(index: unknown, overall: unknown, more: object = {}): unknown {
  return { gen_progress: { batch_index: index, overall_percent: overall, ...more } };
}

function image(metadata: unknown): unknown {
  return { image: "View/a.png", batch_index: "0", metadata };
}

Deno.test("FrameReader keeps progress within 0 and 1 and never lets a run go back", () => {
  const told = readAll([
    progress("0", 0.5, { current_percent: 0.4 }),
    progress("0", 0.3, { current_percent: 0.1 }),
    progress("1", 0.2, { current_percent: -3 }),
    progress("0", 7, { current_percent: 9 }),
    progress(0, 0.9),
  ]);
  assertEquals(told, [
    { kind: "progress", index: 0, overall: 0.5, current: 0.4 },
    { kind: "progress", index: 0, overall: 0.5, current: 0.1 },
    { kind: "progress", index: 1, overall: 0.2, current: 0 },
    { kind: "progress", index: 0, overall: 1, current: 1 },
    null,
  ]);
});

Deno.test("FrameReader takes overall progress from previews only where there is no other", () => {
  const preview = { preview: "data:image/jpeg;base64,AAAA" };
  const told = readAll([
    progress("0", 0.64, { current_percent: 0.1 }),
    progress("0", 0.73, { current_percent: 0.2, ...preview }),
    progress("0", 0.65, { current_percent: 0.2 }),
    progress("1", 0.1, { current_percent: 0.2, ...preview }),
    progress("1", 0.2, { current_percent: 0.3, ...preview }),
    { gen_progress: { batch_index: "0", ...preview } },
  ]);
  assertEquals(told, [
    { kind: "progress", index: 0, overall: 0.64, current: 0.1 },
    { kind: "progress", index: 0, overall: 0.64, current: 0.2 },
    { kind: "progress", index: 0, overall: 0.65, current: 0.2 },
    { kind: "progress", index: 1, overall: 0.1, current: 0.2 },
    { kind: "progress", index: 1, overall: 0.2, current: 0.3 },
    null,
  ]);
});

Deno.test("FrameReader reads the seed of an image, every digit of it", () => {
  for (
    const [metadata, seed] of [
      ['{"sui_image_params":{"seed":1872258705}}', "1872258705"],
      ['{"sui_image_params":{"seed":9223372036854775807}}', "9223372036854775807"],
      ['{"sui_image_params":{"prompt":"\\"seed\\": 5","seed":"7"}}', "7"],
      [{ sui_image_params: { seed: 12 } }, "12"],
      ['{"seed":5}', null],
      ['{"sui_image_params":{"seed":1.5}}', null],
      ['{"sui_image_params":{"seed":null}}', null],
      ['{"sui_image_params":[]}', null],
      ["not JSON", null],
      [null, null],
      [undefined, null],
    ] as const
  ) {
    const [event] = readAll([image(metadata)]);
    const isImage = typeof event === "object" && event?.kind === "image";
    const { metadata: _, ...told } = isImage ? event.image : { metadata: null };
    assertEquals(told, { index: 0, path: "View/a.png", seed });
  }
});

Deno.test("FrameReader takes images flat or nested, with any kind of index", () => {
  assertEquals(
    readAll([
      { image: "a", batch_index: 3 },
      { image: "a", batch_index: "-11" },
      { image: { image: "a", batch_index: "1" } },
      { image: "a" },
      { image: "" },
      { image: 5 },
      { image: "a", batch_index: "x" },
    ]).map((event) => typeof event === "object" && event?.kind === "image" ? event.image : event),
    [
      { index: 3, path: "a", seed: null },
      { index: -11, path: "a", seed: null },
      { index: 1, path: "a", seed: null },
      { index: null, path: "a", seed: null },
      "garbage",
      "garbage",
      { index: null, path: "a", seed: null },
    ],
  );
});

Deno.test("FrameReader knows the other messages, and garbage", () => {
  const status = { waiting_gens: 2, loading_models: 0, waiting_backends: 1, live_gens: 1 };
  assertEquals(
    readAll([
      { status, backend_status: { status: "running" }, supported_features: [] },
      { status: { ...status, live_gens: null } },
      { keep_alive: true },
      { discard_indices: [] },
      { discard_indices: [1, "2"] },
      { discard_indices: "1" },
      { socket_intention: "open" },
      { socket_intention: "close" },
      { raw_backend_data: { type: "comfy_websocket", data: "AAAA" } },
      { gen_progress: null },
      "{",
      "[]",
      "5",
      "",
    ]),
    [
      {
        kind: "status",
        counters: { waitingGens: 2, loadingModels: 0, waitingBackends: 1, liveGens: 1 },
      },
      "garbage",
      null,
      null,
      { kind: "discard", indices: [1, 2] },
      "garbage",
      null,
      { kind: "over" },
      null,
      "garbage",
      "garbage",
      "garbage",
      "garbage",
      "garbage",
    ],
  );
});

Deno.test("FrameReader reports errors before all else, and never with the session in them", () => {
  const [both, lost, object] = readAll([
    { error: "Oops 53c237", error_id: null, image: "a", socket_intention: "close" },
    { error: "Invalid session ID.", error_id: "invalid_session_id" },
    { error: { code: 5 } },
  ]);
  assertEquals(both, { kind: "error", message: "Oops <session>" });
  assertEquals(lost, { kind: "error", message: "Invalid session ID." });
  assertEquals(object, { kind: "error", message: '{"code":5}' });
});

Deno.test("FrameReader distinguishes a refusal of the whole request from an error", () => {
  const told = new FrameReader("53c237").read(
    '{"error":"You lack permissions for this route.","error_id":"bad_permissions"}',
  );
  assert(told.kind === "refused");
  assertEquals(
    [told.failure.reason, told.failure.needs],
    ["not_permitted", "permission basic_image_generation"],
  );
});
