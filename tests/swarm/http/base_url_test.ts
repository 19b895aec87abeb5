import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/errors.ts";
import { netHost, normaliseBaseUrl } from "../../../src/swarm/http/base_url.ts";

Deno.test("normaliseBaseUrl() brings an address into its one spelling", () => {
  for (
    const [text, expected] of [
      ["http://127.0.0.1:7801", "http://127.0.0.1:7801"],
      ["http://127.0.0.1:7801/", "http://127.0.0.1:7801"],
      ["  HTTP://LocalHost:7801///\n", "http://localhost:7801"],
      ["http://h:80/", "http://h"],
      ["https://h:443/swarm/", "https://h/swarm"],
      ["https://h/a/../b/?x=1#y", "https://h/b"],
      ["http://[0:0::1]:7801", "http://[::1]:7801"],
    ] as const
  ) {
    assertEquals(normaliseBaseUrl(text), expected, text);
  }
});

Deno.test("normaliseBaseUrl() refuses what is no http or https address", () => {
  for (
    const text of ["", "localhost:7801", "127.0.0.1", "ftp://h", "http:h", "http://", "ws://h:1"]
  ) {
    assertThrows(() => normaliseBaseUrl(text), UsageError, "http://127.0.0.1:7801", text);
  }
});

Deno.test("normaliseBaseUrl() refuses user info and never repeats it", () => {
  for (const text of ["http://me:hush@h:1", "http://hush@h", "http://a:hush@ho st", "a:hush@h"]) {
    const error = assertThrows(() => normaliseBaseUrl(text), UsageError);
    assert(!error.message.includes("hush"), error.message);
  }
});

Deno.test("netHost() is what --allow-net wants", () => {
  assertEquals(netHost("http://h"), "h:80");
  assertEquals(netHost("https://h/swarm"), "h:443");
  assertEquals(netHost("http://[::1]:7801"), "[::1]:7801");
});
