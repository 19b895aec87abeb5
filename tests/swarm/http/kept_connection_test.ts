import { assert, assertEquals } from "@std/assert";
import { ServerUnreachableError } from "../../../src/errors.ts";
import { createServerDoor } from "../../../src/swarm/questions/server_door.ts";
import { createSwarmQuestions } from "../../../src/swarm/questions/swarm_questions.ts";
import { openStage } from "../../support/stage.ts";
import { collect, generate } from "../follow.ts";
import {
  closeQuietly,
  deadUrl,
  RawServer,
  readHead,
  ScriptedServer,
  writeAll,
} from "../scripted_server.ts";
import { optionsFor } from "../swarm_options.ts";

const ANSWERS: Readonly<Record<string, string>> = {
  GetNewSession: '{"session_id":"53c237","user_id":"local","version":"1"}',
  GetGlobalStatus:
    '{"status":{"waiting_gens":0,"loading_models":0,"waiting_backends":0,"live_gens":0}}',
  GetCurrentStatus:
    '{"status":{"waiting_gens":0,"loading_models":0,"waiting_backends":0,"live_gens":0}}',
};

/** Answers a request and keeps the connection. */
async function reply(conn: Deno.Conn, head: string): Promise<void> {
  const body = ANSWERS[routeOf(head)] ?? '{"images":[]}';
  await writeAll(
    conn,
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" +
      `content-length: ${body.length}\r\n\r\n${body}`,
  );
}

function routeOf(head: string): string {
  return /\/API\/(\w+) /.exec(head)?.[1] ?? "nothing";
}

Deno.test("a question does not fail because the server closed a kept connection", async () => {
  let closed = 0;
  await using server = new RawServer(async (conn, head) => {
    await reply(conn, head);
    if (await readHead(conn) !== "") closed += 1;
    closeQuietly(conn);
  });
  const questions = createSwarmQuestions(optionsFor(server.url));
  // Deno decides whether a connection is kept in time for the next question.
  for (let i = 0; i < 100 && closed === 0; i++) {
    const answer = await questions.globalCounters();
    assert(answer.answered, JSON.stringify(answer));
  }
  assertEquals(closed, 1);
});

Deno.test("a generation is never sent twice, whatever becomes of its connection", async () => {
  const asked: string[] = [];
  await using server = new RawServer(async (conn, first) => {
    for (let head = first; head !== ""; head = await readHead(conn)) {
      asked.push(routeOf(head));
      if (routeOf(head) === "GenerateText2Image") return closeQuietly(conn);
      await reply(conn, head);
    }
  });
  const { events, error } = await collect(generate(server.url, { transport: "http" }));
  assertEquals(events, [{ kind: "sent", transport: "http" }]);
  assert(error instanceof ServerUnreachableError);
  assertEquals(
    error.message,
    `Cannot generate at ${server.url}: connection closed before message completed`,
  );
  assertEquals(asked, ["GetCurrentStatus", "GenerateText2Image"]);
});

Deno.test("another program that answers on a port of this machine is reported in one line", async () => {
  for (
    const [bytes, found] of [
      ["SSH-2.0-OpenSSH_9.2\r\n", "the answer cannot be read: it is not HTTP"],
      ["\x15\x03\x01\0\x02\x02\x46", "the answer cannot be read: it is not HTTP"],
      ["HTTP/1.1 OK\r\n\r\n", "the answer cannot be read: it is not HTTP"],
      [
        `HTTP/1.1 200 OK\r\nwhat is this\r\n\r\n`,
        "the answer cannot be read: one of its headers is malformed",
      ],
      [
        `HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n`,
        "the answer cannot be read: one of its headers is malformed",
      ],
      [
        `HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n`,
        "the answer cannot be read: its Content-Length is malformed",
      ],
      [
        `HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!`,
        "the answer cannot be read: its Content-Length is malformed",
      ],
      [
        `HTTP/1.1 200 OK\r\na: ${"b".repeat(1_000_000)}`,
        "the answer cannot be read: its headers are too long",
      ],
      [
        `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(100_000)}`,
        "the answer cannot be read: its headers are too long",
      ],
      [`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nhello\r\n`, "the answer broke off"],
      [
        `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n`,
        "the answer broke off",
      ],
    ] as const
  ) {
    await using server = new RawServer((conn) => writeAll(conn, bytes));
    const answer = await createSwarmQuestions(optionsFor(server.url)).globalCounters();
    assert(!answer.answered);
    const advice = found.endsWith("it is not HTTP")
      ? ` (if the port speaks TLS, try --api-url https:${server.url.slice(5)})`
      : "";
    const told = ["unreachable", `${found}${advice}`];
    assertEquals([answer.reason, answer.message], told, bytes.slice(0, 60));
  }
});

Deno.test("a question reads an answer however it comes", async () => {
  const body = ANSWERS["GetNewSession"] ?? "";
  const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
  const [start, end] = [body.slice(0, 9), body.slice(9)];
  for (
    const pieces of [
      [`${head}content-length: ${body.length}\r\n\r\n${body}`],
      [`${head}content-length: ${body.length}\r\ncontent-length: ${body.length}\r\n\r\n${body}`],
      [`${head}content-`, `length: ${body.length}\r`, "\n\r", `\n${start}`, end],
      [
        `${head}Transfer-Encoding: Chunked\r\n\r\n9;a=b\r\n${start}\r\n`,
        `${hex(end)}\r\n${end}\r\n0\r\n\r\n`,
      ],
      [`${head}\r\n${start}`, end],
      [
        `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: </a>\r\n\r\n${head}`,
        `content-length: ${body.length}\r\n\r\n${body}`,
      ],
    ]
  ) {
    await using server = new RawServer(async (conn) => {
      for (const piece of pieces) await writeAll(conn, piece);
      closeQuietly(conn);
    });
    const questions = createSwarmQuestions(optionsFor(server.url));
    const renewed = await questions.renewIdentity();
    assert(renewed.answered, JSON.stringify([renewed, pieces]));
  }
});

Deno.test("the answer of a server that stops reading a request is still read", async () => {
  await using server = new RawServer(async (conn) => {
    await writeAll(conn, "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
    await conn.closeWrite();
    await conn.read(new Uint8Array(1024));
  });
  assertEquals((await createServerDoor(optionsFor(server.url)).probe())?.status, 401);
});

Deno.test("a question goes to IPv6 and to localhost too, and nowhere else", async () => {
  for (const [hostname, host] of [["::1", "[::1]"], ["127.0.0.1", "localhost"]] as const) {
    const asked: string[] = [];
    await using server = Deno.serve({ hostname, port: 0, onListen: () => {} }, (request) => {
      asked.push(new URL(request.url).pathname);
      return new Response(ANSWERS["GetNewSession"], {
        headers: { "content-type": "application/json" },
      });
    });
    const url = `http://${host}:${server.addr.port}/a%20b`;
    const renewed = await createSwarmQuestions(optionsFor(url)).renewIdentity();
    assert(renewed.answered, JSON.stringify(renewed));
    assertEquals(asked, ["/a%20b/API/GetNewSession"]);
  }
});

Deno.test("a proxy does not come between the program and a server on this machine", async () => {
  await using proxy = new ScriptedServer(() => new Response("I am the proxy", { status: 502 }));
  await using stage = await openStage();
  for (const url of [proxy.url, deadUrl()]) {
    const env = { HTTP_PROXY: url, http_proxy: url, NO_PROXY: "", no_proxy: "" };
    assertEquals((await stage.status({ env })).verdict, "idle");
    await using generating = stage.generate([], { env });
    await stage.untilWorking(1);
    await stage.finish();
    const { code, out } = await generating.end();
    assertEquals([code, JSON.parse(out).images.length], [0, 1]);
  }
  assertEquals(stage.asked("GenerateText2ImageWS"), 2);
  assertEquals(proxy.requests.length, 0);
});

function hex(text: string): string {
  return text.length.toString(16);
}
