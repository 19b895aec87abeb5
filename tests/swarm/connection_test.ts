import { assertRejects } from "@std/assert";
import { connect } from "../../src/swarm/connection.ts";

Deno.test("connect() leaves nothing open if it is aborted in the turn in which it connects", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const aborting = new AbortController();
  const { connect: connectByDeno } = Deno;
  // Does what Deno 2.9.6 does, at the moment that else only luck finds.
  Deno.connect = (async (options: Deno.ConnectOptions) => {
    const conn = await connectByDeno(options);
    aborting.abort(new RangeError("enough"));
    options.signal?.throwIfAborted();
    return conn;
  }) as typeof Deno.connect;
  try {
    await assertRejects(
      () => connect(new URL(`http://127.0.0.1:${listener.addr.port}`), aborting.signal),
      RangeError,
      "enough",
    );
  } finally {
    Deno.connect = connectByDeno;
  }
  (await listener.accept()).close();
  // A connection that is still open fails the test by itself.
});
