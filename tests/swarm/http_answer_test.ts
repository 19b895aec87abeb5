import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AnswerHeaders, gatherBody, readHead } from "../../src/swarm/http_answer.ts";
import { IncomingBytes } from "../../src/swarm/incoming_bytes.ts";

/** A connection on which each piece comes by itself; then it ends, or does what is said. */
function arriving(
  pieces: readonly Uint8Array[],
  then: Promise<number | null> = Promise.resolve(null),
): IncomingBytes {
  const left = pieces.filter((piece) => piece.length > 0);
  return new IncomingBytes({
    read: (into) => {
      const piece = left.shift();
      if (piece === undefined) return then;
      const part = piece.subarray(0, into.length);
      if (part.length < piece.length) left.unshift(piece.subarray(part.length));
      into.set(part);
      return Promise.resolve(part.length);
    },
  });
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

async function bodyOf(incoming: IncomingBytes): Promise<string> {
  const head = await readHead(incoming);
  const body = await gatherBody(head, { incoming, maxBytes: 100_000 });
  return new TextDecoder().decode(body ?? bytesOf("too long"));
}

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`;

for (
  const [what, text] of [
    ["in chunks", `${CHUNKED}5;a=b\r\nhello\r\n1\r\n!\r\n0\r\n\r\n`],
    ["of a known length", `HTTP/1.1 100 Continue\r\n\r\n${OK}content-length: 6\r\n\r\nhello!`],
    ["until the end", "HTTP/1.0 200 OK\r\n\r\nhello!"],
  ] as const
) {
  Deno.test(`an answer ${what} reads the same wherever it is cut`, async () => {
    const bytes = bytesOf(text);
    for (let at = 0; at <= bytes.length; at++) {
      const cut = arriving([bytes.subarray(0, at), bytes.subarray(at)]);
      assertEquals(await bodyOf(cut), "hello!", `cut at ${at}`);
    }
    const drops = Array.from(bytes, (byte) => Uint8Array.of(byte));
    assertEquals(await bodyOf(arriving(drops)), "hello!");
  });
}

Deno.test("gatherBody() keeps the order of more than one read can hold", async () => {
  const long = Array.from({ length: 9000 }, (_, at) => String.fromCharCode(97 + at % 26)).join("");
  const chunks = `${CHUNKED}${"2328\r\n" + long + "\r\n"}${"2328\r\n" + long + "\r\n"}0\r\n\r\n`;
  assertEquals(await bodyOf(arriving([bytesOf(chunks)])), long + long);
});

Deno.test("an answer that ends before its end is never taken for a whole one", async () => {
  for (const text of [`${CHUNKED}5\r\nhello\r\n0\r\n`, `${OK}content-length: 5\r\n\r\nhello`]) {
    for (let length = 0; length < text.length; length++) {
      const cut = arriving([bytesOf(text.slice(0, length))]);
      await assertRejects(() => bodyOf(cut), Deno.errors.UnexpectedEof, "connection closed");
    }
  }
});

for (
  const [what, text, found] of [
    ["line of a head", `${OK}a: ${"b".repeat(100_000)}`, "its head is too long"],
    ["list of headers", OK + "a: b\r\n".repeat(20_000), "its head is too long"],
    ["chunk's size", CHUNKED + "0".repeat(100_000), "the size of a part cannot be told"],
  ] as const
) {
  Deno.test(`an endless ${what} is told from a connection that ended`, async () => {
    await assertRejects(() => bodyOf(arriving([bytesOf(text)])), Deno.errors.InvalidData, found);
  });
}

for (
  const [what, text] of [
    ["SSH", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["TLS", "\x15\x03\x01\0\x02\x02\x46"],
    ["HTTP/2", "\0\0\x12\x04\0\0\0\0\0"],
  ] as const
) {
  Deno.test(`readHead() says that ${what} is not HTTP, and waits for no more of it`, async () => {
    const endless = new Promise<never>(() => {});
    const first = arriving([bytesOf(text)], endless);
    await assertRejects(() => readHead(first), Deno.errors.InvalidData, "not of HTTP/1.1");
  });
}

Deno.test("a header's value is every byte of it, as fetch has it", () => {
  const all = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))
    .filter((character) => !"\0\r\n".includes(character)).join("");
  const headers = new AnswerHeaders([`A:\t x${all}\xa0  `]);
  assertEquals(headers.get("a"), `x${all}\xa0`);
  // What is not a header to a Response is none here either.
  assertEquals(new Headers([...headers]).get("a"), `x${all}\xa0`);
  for (const bad of ["\0", "\r", "\n"]) {
    assertThrows(() => new AnswerHeaders([`a: b${bad}c`]), Deno.errors.InvalidData, "no header");
  }
});

Deno.test("readHead() takes bytes beyond ASCII as they are", async () => {
  const incoming = arriving([bytesOf(`${OK}a: \x80\x84\x85\x9f\xff\r\n\r\n`)]);
  assertEquals((await readHead(incoming)).headers.get("a"), "\x80\x84\x85\x9f\xff");
});

Deno.test("a line of spaces is no more work than another", () => {
  // Tried in every way they could be split, these would take days.
  const spaces = " ".repeat(60_000);
  assertEquals(new AnswerHeaders([`a: b${spaces}c`]).get("a"), `b${spaces}c`);
  assertThrows(() => new AnswerHeaders([`a:${spaces}\n`]), Deno.errors.InvalidData);
  assertThrows(() => new AnswerHeaders([`a${spaces}:`]), Deno.errors.InvalidData);
});
