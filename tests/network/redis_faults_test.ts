/** What trouble with Redis does to a generation: it causes one line on stderr, and nothing else. */
import { assert, assertEquals } from "@std/assert";
import { openRedisNetwork } from "../../src/network/redis_network.ts";
import { SystemClock } from "../../src/system/system_clock.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { generateHere, runHere } from "../support/program_here.ts";
import { HAS_REDIS, type RedisServer, startRedis } from "../support/redis_server.ts";
import { sampleRecord } from "../support/sample_records.ts";
import { openStage } from "../support/stage.ts";
import { waitFor } from "../support/wait_for.ts";
import { redisTrouble } from "./redis_trouble.ts";

const NEEDS_REDIS = { ignore: !HAS_REDIS };
const HERE = "127.0.0.1";

/** A kind of trouble, and the message about it. */
interface Trouble {
  readonly name: string;
  /** Options of `redis-server`. */
  readonly options?: readonly string[];
  readonly commands?: readonly string[];
  /** What comes before host and port. @default {"redis://"} */
  readonly login?: string;
  readonly reason: string;
  /** Whether records can be read nevertheless. */
  readonly canRead?: boolean;
}

const TROUBLES: readonly Trouble[] = [
  {
    name: "wants a password",
    options: ["--requirepass", "s3cret-l0velace"],
    reason: "it wants a password (put it into the address: redis://:PASSWORD@HOST)",
  },
  {
    name: "refuses the password",
    options: ["--requirepass", "s3cret-l0velace"],
    login: "redis://:wr0ng-l0velace@",
    reason: "it refuses the user name or the password",
  },
  {
    name: "gives too few rights",
    commands: ["ACL SETUSER few on >few ~* &* +@all -set"],
    login: "redis://few:few@",
    reason: "its user may not do that (docs/teams.md has the rights that are needed)",
    canRead: true,
  },
  {
    name: "is a replica",
    commands: ["REPLICAOF 127.0.0.1 1"],
    options: ["--replica-serve-stale-data", "yes"],
    reason: "it is a replica that can only be read (give the address of the main server)",
    canRead: true,
  },
  {
    name: "is full",
    commands: ["CONFIG SET maxmemory 1"],
    reason: "its memory is full",
    canRead: true,
  },
];

for (const trouble of TROUBLES) {
  const { name, options, commands = [], login = "redis://", reason, canRead = false } = trouble;
  Deno.test(`a Redis that ${name} is reported in one line`, NEEDS_REDIS, async () => {
    await using redis = await startRedis(options);
    for (const command of commands) assertEquals(await redis.ask(command), "+OK");
    await using network = openRedisNetwork({
      url: `${login}${HERE}:${redis.port}`,
      prefix: "test:",
      sharesSessions: false,
      clock: new SystemClock(),
    });
    const error = await network.store.put({ record: sampleRecord(), session: null })
      .then(() => null, (error: Error) => error);
    const place = `Redis at ${HERE}:${redis.port}`;
    assertEquals(error?.message, `Cannot share this generation by ${place}: ${reason}`);
    const reading = await network.store.list();
    assertEquals(reading.answered, canRead);
    if (!reading.answered) {
      assertEquals(
        reading.message,
        `Cannot read the records of all machines from ${place}: ${reason}`,
      );
    }
    await network.ends.put({ id: "gen-1", outcome: "failed", endedAt: 0 });
    assertEquals(await network.ends.find("gen-1"), null);
  });
}

/** What answers instead of Redis. */
const IMPOSTORS: readonly (readonly [name: string, answer: string, reason: string])[] = [
  ["a web server", "HTTP/1.1 400 Bad Request\r\n\r\n", "what answers there is no Redis"],
  ["noise", "\x00\xff*-7\r\n$\r\n", "what answers there is no Redis"],
  ["an answer to another question", "+PONG\r\n", "what answers there is no Redis"],
  [
    "a cut connection",
    "",
    "it cut the connection (if it expects TLS, the address begins with rediss://)",
  ],
  ["yes to everything", "+OK\r\n".repeat(10), "what answers there is no Redis"],
  ["more answers than questions", "$-1\r\n".repeat(20), "what answers there is no Redis"],
  ["an endless list", `${"*1\r\n".repeat(100_000)}`, "what answers there is no Redis"],
];

for (const [name, answer, reason] of IMPOSTORS) {
  Deno.test(`${name} in the place of Redis is reported in one line`, async () => {
    await using impostor = openImpostor(answer);
    assertEquals(await redisTrouble(impostor.url), reason);
  });
}

Deno.test("a Redis that is missing or silent is reported in one line", async () => {
  await using silent = openImpostor(null);
  using closed = Deno.listen({ hostname: HERE, port: 0 });
  const gone = `redis://${HERE}:${closed.addr.port}`;
  closed.close();
  const SHORT_MS = 100;
  for (
    const [url, attemptMs, reason] of [
      [silent.url, SHORT_MS, "no answer in 0.1 s"],
      [
        silent.url.replace("redis:", "rediss:"),
        SHORT_MS,
        "no answer in 0.1 s (if it does not speak TLS, the address begins with redis://)",
      ],
      [gone, 30_000, "nothing listens there"],
    ] as const
  ) {
    await using network = openRedisNetwork({
      url,
      prefix: "test:",
      sharesSessions: false,
      clock: new SystemClock(),
      attemptMs,
    });
    const reading = await network.store.list();
    assert(!reading.answered && reading.message.endsWith(`: ${reason}`), JSON.stringify(reading));
  }
});

Deno.test("connecting and a command share the time that Redis has", async () => {
  await using slow = openSlow();
  const clock = new ManualClock();
  await using network = openRedisNetwork({
    url: slow.url,
    prefix: "test:",
    sharesSessions: false,
    clock,
    attemptMs: 2_000,
  });
  const putting = network.store.put({ record: sampleRecord(), session: null })
    .then(() => null, (error: Error) => error.message);
  await slow.untilAsked("TIME");
  await clock.advance(1_900);
  await slow.answer("*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n");
  const command = await slow.untilAsked("EVAL");
  // Redis itself does nothing after that time either, which is counted from the beginning.
  assert(command.includes("\r\n1700000000100\r\n"), command);
  await clock.advance(100);
  assertEquals(await putting, `Cannot share this generation by ${slow.place}: no answer in 2 s`);
});

Deno.test("a Redis that does not answer keeps no process from ending", async () => {
  await using slow = openSlow();
  const network = openRedisNetwork({
    url: slow.url,
    prefix: "test:",
    sharesSessions: false,
    clock: new ManualClock(),
  });
  const listing = network.store.list();
  await slow.untilAsked("TIME");
  // The clock stands still.
  await network[Symbol.asyncDispose]();
  assertEquals((await listing).answered, false);
});

/** What happens to Redis while a generation is under way. */
const ACCIDENTS: readonly (readonly [name: string, hit: (redis: RedisServer) => Promise<void>])[] =
  [
    ["dies", (redis) => redis.kill()],
    ["hangs", (redis) => Promise.resolve(redis.freeze())],
    ["is restarted empty", async (redis) => {
      await redis.kill();
      await redis.restart();
    }],
    ["becomes a replica", async (redis) => void await redis.ask("REPLICAOF 127.0.0.1 1")],
    ["cuts all connections", async (redis) => void await redis.ask("CLIENT KILL TYPE normal")],
  ];

for (const [name, hit] of ACCIDENTS) {
  Deno.test(`a Redis that ${name} changes no picture and no exit code`, NEEDS_REDIS, async () => {
    await using stage = await openStage();
    await using redis = await startRedis();
    await using generating = generateHere(
      ["--batch", "2", "--save-images", "--output-dir", `${stage.here}/out`],
      {
        stage,
        cwd: stage.here,
        env: { ASSET_GENERATOR_REDIS_URL: redis.url },
      },
    );
    await stage.untilWorking(2);
    await hit(redis);
    await stage.finish();
    const { code, out, err } = await generating.ended;
    redis.thaw();
    const { images, saved } = JSON.parse(out);
    assertEquals([code, images.length], [0, 2], `${saved}${err}`);
    const warnings = err.split("\n").filter((line) => line.startsWith("Warning: "));
    assert(warnings.length <= 1, err);
    for (const warning of warnings) assert(warning.includes("by Redis at 127.0.0.1:"), warning);
  });
}

Deno.test(
  "a record is back when its Redis is back, and status goes on meanwhile",
  NEEDS_REDIS,
  async () => {
    await using stage = await openStage();
    await using redis = await startRedis();
    const env = { ASSET_GENERATOR_REDIS_URL: redis.url };
    await using generating = generateHere(["--batch", "2", "--steps", "100"], { stage, env });
    await stage.untilWorking(2);
    await redis.kill();
    const { code, out, err } = await runHere(["status", "--format", "json"], { stage, env });
    assertEquals([code, JSON.parse(out).verdict], [0, "busy"], err);
    await redis.restart();
    assertEquals(await redis.keys(), []);
    // Progress is published soon; without progress only the heartbeat is, which takes longer.
    await waitFor(async () => {
      await stage.clock.advance(20);
      return (await redis.keys()).some((key) => key.includes("generation:"));
    }, { what: "the record to be back" });
    await stage.finish();
    assertEquals((await generating.ended).code, 0);
    assertEquals((await redis.keys()).filter((key) => !key.includes(":ended:")), []);
  },
);

/** A Redis that answers when the test says so. */
function openSlow(): AsyncDisposable & {
  readonly url: string;
  readonly place: string;
  /** Waits until a command has come, and returns all that came. */
  untilAsked(command: string): Promise<string>;
  answer(text: string): Promise<void>;
} {
  const listener = Deno.listen({ hostname: HERE, port: 0 });
  const { port } = listener.addr;
  let connection: Deno.TcpConn | null = null;
  let asked = "";
  const serving = (async () => {
    connection = await listener.accept();
    const chunk = new Uint8Array(65_536);
    for (;;) {
      const length = await connection.read(chunk).catch(() => null);
      if (length === null) return;
      asked += new TextDecoder().decode(chunk.subarray(0, length));
    }
  })();
  return {
    url: `redis://${HERE}:${port}`,
    place: `Redis at ${HERE}:${port}`,
    untilAsked: (command) =>
      waitFor(() => asked.includes(`\r\n${command}\r\n`) ? asked : null, { what: command }),
    async answer(text): Promise<void> {
      await connection?.write(new TextEncoder().encode(text));
    },
    async [Symbol.asyncDispose](): Promise<void> {
      listener.close();
      connection?.close();
      await serving;
    },
  };
}

/** Answers every connection the same, whatever it is asked; `null`: nothing. */
function openImpostor(answer: string | null): AsyncDisposable & { readonly url: string } {
  const listener = Deno.listen({ hostname: HERE, port: 0 });
  const open = new Set<Deno.TcpConn>();
  const bytes = Uint8Array.from(answer ?? "", (character) => character.charCodeAt(0));
  const serving = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      if (answer === null) continue;
      if (answer === "") {
        open.delete(connection);
        connection.close();
        continue;
      }
      await connection.read(new Uint8Array(1000)).catch(() => null);
      await connection.write(bytes).catch(() => {});
    }
  })();
  return {
    url: `redis://${HERE}:${listener.addr.port}`,
    async [Symbol.asyncDispose](): Promise<void> {
      listener.close();
      await serving;
      for (const connection of open) connection.close();
    },
  };
}
