import { assertEquals, assertThrows } from "@std/assert";
import { durationReader, numberReader, wholeNumberReader } from "../../src/cli/quantities.ts";
import {
  describeInvalidValue,
  InvalidValueError,
  listOf,
  quote,
  readPath,
  readSecret,
  readServerUrl,
  readText,
} from "../../src/cli/values.ts";

Deno.test("readServerUrl() takes http and https addresses as they are", () => {
  for (const text of ["http://127.0.0.1:7801", "https://host/swarm/", "HTTP://[::1]:80"]) {
    assertEquals(readServerUrl(text), text);
  }
});

Deno.test("readServerUrl() takes HOST:PORT for http", () => {
  assertEquals(readServerUrl("localhost:7801"), "http://localhost:7801");
  assertEquals(readServerUrl("127.0.0.1:7801/swarm"), "http://127.0.0.1:7801/swarm");
  assertEquals(readServerUrl("[::1]:7801"), "http://[::1]:7801");
});

for (
  const [text, wanted] of [
    ["", "http:// or https://"],
    ["localhost", "http:// or https://"],
    ["gpu-box:port", "http:// or https://"],
    ["gpu-box:99999", "http:// or https://"],
    ["user:secret@host:7801", "without user name"],
    ["host:7801?x=1", "http:// or https://"],
    ["ws://127.0.0.1", "http:// or https://"],
    ["file:///etc/passwd", "http:// or https://"],
    ["http://", "http:// or https://"],
    ["http://host:99999", "http:// or https://"],
    ["http://user:secret@host", "without user name"],
    ["http://host/?x=1", "without a query"],
    ["http://host/#x", "without a query"],
  ] as const
) {
  Deno.test(`readServerUrl() refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => readServerUrl(text), InvalidValueError, wanted);
  });
}

Deno.test("readText(), readPath() and readSecret() refuse what cannot be meant", () => {
  assertThrows(() => readText(""), InvalidValueError, "empty");
  assertThrows(() => readPath("a\0b"), InvalidValueError, "NUL");
  assertThrows(() => readSecret("line\nbreak"), InvalidValueError, "ASCII");
  assertThrows(() => readSecret("ключ"), InvalidValueError, "ASCII");
  assertEquals(readSecret("Basic dXNlcjpwdw=="), "Basic dXNlcjpwdw==");
});

Deno.test("wholeNumberReader() takes whole numbers of its range only", () => {
  const read = wholeNumberReader({ min: -1, max: 10 });
  assertEquals(["-1", "0", "+7", "10", "007"].map(read), [-1, 0, 7, 10, 7]);
  for (const text of ["", "11", "-2", "1.0", "1e1", "0x1", " 1", "١", "NaN", "9".repeat(400)]) {
    assertThrows(() => read(text), InvalidValueError, "a whole number from -1 to 10");
  }
});

Deno.test("numberReader() takes decimal numbers of its range only", () => {
  const read = numberReader({ min: 0, max: 2 });
  assertEquals(["0", ".5", "1.", "1.25", "2.0"].map(read), [0, 0.5, 1, 1.25, 2]);
  for (const text of ["", ".", "2.1", "-0.1", "1e0", "Infinity", "1,5"]) {
    assertThrows(() => read(text), InvalidValueError, "a number from 0 to 2");
  }
});

Deno.test("durationReader() names its range", () => {
  const read = durationReader({ minMs: 10, maxMs: 3_600_000 });
  assertEquals(read("10ms"), 10);
  assertThrows(() => read("9ms"), InvalidValueError, "from 10ms to 1h");
  assertThrows(() => read("61m"), InvalidValueError, "from 10ms to 1h");
  assertThrows(() => read("soon"), InvalidValueError, "from 10ms to 1h");
});

Deno.test("describeInvalidValue() never shows a secret or the user info of an address", () => {
  const reason = "want another";
  const secret = describeInvalidValue("--token", { text: "hunter2", isSecret: true, reason });
  assertEquals(secret.message, "Cannot use --token: want another");
  const address = { text: "http://me:hunter2@host/x", isSecret: false, reason };
  const shown = describeInvalidValue("--api-url", address).message;
  assertEquals(shown, 'Cannot use --api-url "http://…@host/x": want another');
  assertEquals(quote("http://me:hun/ter@2@host"), '"http://…@host"');
});

Deno.test("quote() shortens, listOf() lists", () => {
  assertEquals(quote("x".repeat(100)), `"${"x".repeat(60)}…"`);
  assertEquals([listOf([]), listOf(["a"]), listOf(["a", "b"]), listOf(["a", "b", "c"])], [
    "",
    "a",
    "a or b",
    "a, b or c",
  ]);
});
