/**
 * A Redis that takes no more connections says so before it is asked anything, and the client may then
 * not know which question it is the answer to.
 */
import { assertEquals } from "@std/assert";
import { HAS_REDIS, startRedis } from "../support/redis_server.ts";
import { waitFor } from "../support/wait_for.ts";
import { redisTrouble } from "./redis_trouble.ts";

const HERE = "127.0.0.1";
const REASON = "it refuses the connection (its maxclients are reached, or it is in protected-mode)";

Deno.test("a Redis that has too many clients is no stranger", { ignore: !HAS_REDIS }, async () => {
  await using redis = await startRedis(["--maxclients", "1"]);
  using _held = await waitFor(() => connect(redis.port), { what: "the only connection" });
  // Whether the refusal comes before the first question is chance.
  for (let attempt = 0; attempt < 5; attempt++) await checkReason(redis.port);
});

for (const refusal of ["max number of clients reached", "DENIED Redis is in protected mode"]) {
  Deno.test(`a refusal is put into our words: ${refusal}`, async () => {
    using listener = Deno.listen({ hostname: HERE, port: 0 });
    const checking = checkReason(listener.addr.port);
    using connection = await listener.accept();
    const code = refusal.startsWith("DENIED") ? "" : "ERR ";
    await connection.write(new TextEncoder().encode(`-${code}${refusal}\r\n`));
    await checking;
  });
}

async function checkReason(port: number): Promise<void> {
  assertEquals(await redisTrouble(`redis://${HERE}:${port}`), REASON);
}

/** A connection that Redis serves; `null`: it still counts the one before. */
async function connect(port: number): Promise<Deno.TcpConn | null> {
  const connection = await Deno.connect({ hostname: HERE, port });
  const answer = new Uint8Array(100);
  try {
    await connection.write(new TextEncoder().encode("PING\r\n"));
    const length = await connection.read(answer) ?? 0;
    if (new TextDecoder().decode(answer.subarray(0, length)).startsWith("+PONG")) return connection;
  } catch {
    // Redis cut it.
  }
  connection.close();
  return null;
}
