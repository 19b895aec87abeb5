/** The addresses of a Redis or Valkey that a team may be given. */
import { assertEquals, assertThrows } from "@std/assert";
import { InvalidValueError, readRedisUrl } from "../../src/cli/values.ts";
import { redisAddress } from "../../src/network/redis_address.ts";

for (
  const [text, host, port, isTls, user, password, database] of [
    ["redis://h", "h", 6379, false, null, null, 0],
    ["redis://:p%40s%3As@h:7000/3", "h", 7000, false, null, "p@s:s", 3],
    ["rediss://default:p@db.example:25061", "db.example", 25061, true, "default", "p", 0],
    ["valkey://u:p@h", "h", 6379, false, "u", "p", 0],
    ["valkeys://u:p@h:25061", "h", 25061, true, "u", "p", 0],
    ["redis://[::1]:1", "::1", 1, false, null, null, 0],
  ] as const
) {
  Deno.test(`redisAddress() of ${text}`, () => {
    const address = redisAddress(readRedisUrl(text));
    assertEquals(
      [address.host, address.port, address.isTls, address.user, address.password, address.database],
      [host, port, isTls, user, password, database],
    );
  });
}

for (
  const text of ["h:6379", "http://h", "redis://", "redis://h/x", "redisss://h", "redis://h?db=1"]
) {
  Deno.test(`readRedisUrl() refuses ${text}`, () => {
    assertThrows(() => readRedisUrl(text), InvalidValueError);
  });
}
