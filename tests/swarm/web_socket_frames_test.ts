import { assertEquals } from "@std/assert";
import {
  type ByteSource,
  encodeFrame,
  type Frame,
  Opcode,
  readFrame,
} from "../../src/swarm/web_socket_frames.ts";
import { frameOf } from "./socket_server.ts";

function sourceOf(bytes: Uint8Array): ByteSource {
  let at = 0;
  return {
    take: (length) => {
      if (at + length > bytes.length) return Promise.resolve(null);
      at += length;
      return Promise.resolve(bytes.slice(at - length, at));
    },
  };
}

async function lengthRead(frame: Frame | string): Promise<number | string> {
  return await (typeof frame === "string" ? frame : frame.payload.length);
}

Deno.test("encodeFrame() masks, and chooses the right form of the length", () => {
  for (
    const [length, head] of [
      [0, [0x81, 0x80]],
      [125, [0x81, 0xfd]],
      [126, [0x81, 0xfe, 0, 126]],
      [65535, [0x81, 0xfe, 255, 255]],
      [65536, [0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0]],
    ] as const
  ) {
    const payload = new Uint8Array(length).map((_, at) => at);
    const frame = encodeFrame(Opcode.text, payload);
    assertEquals([...frame.subarray(0, head.length)], [...head]);
    const mask = frame.subarray(head.length, head.length + 4);
    const plain = frame.subarray(head.length + 4).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
    assertEquals(plain, payload);
  }
  const masks = new Set(
    Array.from({ length: 8 }, () => encodeFrame(Opcode.ping, new Uint8Array(1)).join()),
  );
  assertEquals(masks.size > 1, true);
});

Deno.test("readFrame() reads all forms of the length, up to its bound", async () => {
  for (const length of [0, 125, 126, 65535, 65536, 70_000]) {
    const bytes = frameOf(0x82, new Uint8Array(length));
    assertEquals(await lengthRead(await readFrame(sourceOf(bytes), length)), length);
    if (length === 0) continue;
    assertEquals(
      await readFrame(sourceOf(bytes), length - 1),
      "a message is longer than is read at most",
    );
    assertEquals(
      await readFrame(sourceOf(bytes.subarray(0, -1)), length),
      "the connection ended",
    );
  }
});

Deno.test("readFrame() does not take memory for a length that is only claimed", async () => {
  const claim = new Uint8Array([0x81, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255]);
  assertEquals(
    await readFrame(sourceOf(claim), 64 * 1024 * 1024),
    "a message is longer than is read at most",
  );
});

Deno.test("readFrame() refuses frames that no server may send", async () => {
  for (
    const [first, second] of [
      [0xc1, 0], // a reserved bit
      [0x83, 0], // an unknown kind
      [0x81, 0x80], // masked
      [0x09, 0], // a ping in parts
      [0x89, 126], // a long ping
    ] as const
  ) {
    const frame = await readFrame(sourceOf(new Uint8Array([first, second, 0, 0, 0, 0])), 100);
    assertEquals(typeof frame, "string", `${first} ${second}`);
  }
});
