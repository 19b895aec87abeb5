/** Starting, watching and stopping the simulator. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { decode } from "fast-png";
import { type SimulatorOptions, startSimulator } from "../../src/simulator/simulator.ts";
import { fetchHere } from "../support/http_clients.ts";
import { bench, openSocket } from "./client.ts";
import { sendRaw } from "./raw_http.ts";
import { isObject } from "./transcript.ts";

const REFUSED: readonly (readonly [about: string, options: SimulatorOptions])[] = [
  ["negative time", { secondsPerStep: -1 }],
  ["no number", { loadSeconds: NaN }],
  ["a negative number of backends", { backends: -1 }],
  ["more backends than anybody has", { backends: 1_000_000 }],
];

for (const [about, options] of REFUSED) {
  Deno.test(`startSimulator() refuses ${about}`, async () => {
    await assertRejects(() => startSimulator(options), RangeError);
  });
}

Deno.test("startSimulator() works without options, in real time", async () => {
  await using simulator = await startSimulator({
    secondsPerStep: 0.001,
    loadSeconds: 0.001,
    closePauseMs: 1,
  });
  const post = async (route: string, body: unknown): Promise<unknown> => {
    const response = await fetchHere(`${simulator.url}/API/${route}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return await response.json();
  };
  const session = await post("GetNewSession", {});
  assert(isObject(session));
  const { session_id } = session;
  const answer = await post("GenerateText2Image", { session_id, images: 2, model: "base" });
  assert(isObject(answer) && Array.isArray(answer.images) && answer.images.length === 2);
  const socket = openSocket(`${simulator.url}/API/GenerateText2ImageWS`, {
    session_id,
    images: 1,
    model: "tiny",
    steps: 2,
  });
  assertEquals(await socket.closed, 1_000);
  await simulator.idle();
  assertEquals(Object.values(simulator.counters), [0, 0, 0, 0]);
});

Deno.test("startSimulator() takes a port that is free again after close()", async () => {
  const first = await startSimulator();
  await first.close();
  await using second = await startSimulator({ port: first.port });
  assertEquals(second.port, first.port);
  await assertRejects(() => startSimulator({ port: first.port }), Deno.errors.AddrInUse);
});

Deno.test("requests are recorded without session ids", async () => {
  await using b = await bench();
  const session_id = await b.session();
  await b.session();
  await b.call("getcurrentstatus", { session_id }, { authorization: "Bearer x" });
  const [, , last] = b.simulator.requests;
  assertEquals([last?.method, last?.route, last?.session], [
    "POST",
    "GetCurrentStatus",
    "session-1",
  ]);
  assertEquals(last?.headers.authorization, "Bearer x");
  assertEquals(JSON.stringify(b.simulator.requests).includes(session_id), false);
  b.simulator.clearRequests();
  assertEquals(b.simulator.requests.length, 0);
});

Deno.test("pictures are PNG files of the size that was asked, with their parameters", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const { answer } = await b.begin({ session_id, prompt: "größe 猫", width: 96, height: 64 });
  const { images } = (await b.settle(answer)).body;
  const path = Array.isArray(images) ? String(images[0]) : "";
  const url = `${b.simulator.url}/${path.split("/").map(encodeURIComponent).join("/")}`;
  const png = decode(await (await fetchHere(url)).bytes());
  assertEquals([png.width, png.height], [96, 64]);
  assertEquals(JSON.parse(png.text.parameters ?? "").sui_image_params.prompt, "größe 猫");
});

Deno.test("pictures of one request count up in name and seed, those of different seeds differ", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const { answer } = await b.begin({ session_id, prompt: "a cat", images: 2, seed: 7 });
  const { images } = (await b.settle(answer)).body;
  assertEquals(
    Array.isArray(images) && images.map((image) => String(image).replace(/^.*-a cat/, "")),
    ["-tiny.png", "-tiny-1.png"],
  );
  const [one, other] = await Promise.all(
    (Array.isArray(images) ? images : []).map(async (image) => {
      const response = await fetchHere(`${b.simulator.url}/${encodeURI(String(image))}`);
      return decode(await response.bytes()).data.join();
    }),
  );
  assert(one !== other);
});

Deno.test("donotsave gives the picture in the answer and keeps nothing", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const { answer } = await b.begin({ session_id, donotsave: true, width: 64, height: 64 });
  const { images } = (await b.settle(answer)).body;
  const [, base64 = ""] = String(Array.isArray(images) ? images[0] : "").split("base64,");
  assertEquals(decode(Uint8Array.fromBase64(base64)).width, 64);
  const listed = await b.call("ListImages", { session_id, path: "", depth: 4 });
  assertEquals(listed.body.files, []);
});

Deno.test("a seed beyond 2^53 keeps all its digits", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const seed = "9007199254740993";
  const { answer } = await b.begin({ session_id, seed });
  await b.settle(answer);
  const { text } = await b.call("ListImages", { session_id, path: "", depth: 4 });
  assert(text.includes(`\\"seed\\": ${seed}`), text);
});

Deno.test("a model's hash is empty until somebody described or used the model", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const hashes = async (): Promise<readonly boolean[]> => {
    const { body } = await b.call("ListModels", { session_id, path: "", depth: 2 });
    assert(Array.isArray(body.files));
    return body.files.map(({ hash, hash_sha256 }) => {
      assertEquals(hash, hash_sha256);
      return hash !== "";
    });
  };
  assertEquals(await hashes(), [false, false]);
  const described = await b.call("DescribeModel", { session_id, modelName: "other/second" });
  assert(isObject(described.body.model));
  assertEquals(described.body.model.hash, "");
  assertEquals(await hashes(), [true, false]);
  await b.settle((await b.begin({ session_id })).answer);
  assertEquals(await hashes(), [true, true]);
});

Deno.test("ListModels accepts wildcards, of which there are none, and no other kinds", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const list = async (subtype: string): Promise<unknown> =>
    (await b.call("ListModels", { session_id, path: "", depth: 1, subtype })).body;
  assertEquals(await list("Wildcards"), { folders: [], files: [] });
  assertEquals(await list("Nothing"), { error: "Invalid sub-type." });
});

Deno.test("GetNewSession gives a session of another user to somebody who may manage users", async () => {
  await using b = await bench();
  const asked = { impersonateUser: "anna" };
  const refused = {
    error: "The user you are trying to impersonate does not exist.",
    error_id: "bad_impersonate",
  };
  assertEquals((await b.call("GetNewSession", asked)).body, refused);
  await b.session({ "x-swarm-user_id": "anna" });
  assertEquals((await b.call("GetNewSession", asked)).body.user_id, "anna");
  b.simulator.setPermissions("admin");
  assertEquals((await b.call("GetNewSession", asked)).body.error_id, "bad_impersonate");
});

Deno.test("ListBackends lists spawned backends only when asked, with negative ids", async () => {
  await using b = await bench({
    backends: [{ type: "swarmswarmbackend" }, { type: "comfyui_api" }],
  });
  const session_id = await b.session();
  const ids = async (nonreal: boolean): Promise<string> =>
    Object.keys((await b.call("ListBackends", { session_id, nonreal })).body).join();
  assertEquals([await ids(false), await ids(true)], ["0,1", "0,1,-1"]);
  const queue = await fetchHere(`${b.simulator.url}/ComfyBackendDirect/prompt`, {
    headers: { "X-Swarm-Backend-ID": "0" },
  });
  await queue.body?.cancel();
  assertEquals(queue.status, 400);
});

Deno.test("requests that are not HTTP, or too long, end the connection", async () => {
  await using b = await bench();
  for (const text of ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n"]) {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: b.simulator.port });
    await connection.write(new TextEncoder().encode(text));
    assertEquals(await connection.read(new Uint8Array(10)), null, text);
  }
  const length = 201 * 1_048_576;
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: b.simulator.port });
  await connection.write(new TextEncoder().encode(
    `POST /API/GetNewSession HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`,
  ));
  const answer = new Uint8Array(1_024);
  const count = await connection.read(answer) ?? 0;
  assert(new TextDecoder().decode(answer.subarray(0, count)).includes("bad content length"));
});

Deno.test("a request line may hold the whole address, as through a proxy", async () => {
  await using b = await bench();
  const { status, body } = await sendRaw(
    b.simulator.port,
    "POST http://127.0.0.1:7801/API/GetNewSession HTTP/1.1\r\nhost: x\r\n" +
      "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
  );
  assertEquals([status, body.includes("session_id")], [200, true]);
});
