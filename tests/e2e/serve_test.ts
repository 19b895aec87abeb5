/** `serve` as a process: its narrow permissions, what curl gets, and its end. */
import { assertEquals, assertMatch } from "@std/assert";
import { fetchHere } from "../support/http_clients.ts";
import { hasCommand } from "../support/shell.ts";
import { openStage } from "../support/stage.ts";
import { waitFor } from "../support/wait_for.ts";
import { HAS_OWN_PERMISSIONS } from "../support/tested_program.ts";

async function curl(...args: readonly string[]): Promise<readonly [number, string]> {
  const { code, stdout } = await new Deno.Command("curl", {
    args: ["-sS", "--noproxy", "*", ...args],
    stderr: "null",
  }).output();
  return [code, new TextDecoder().decode(stdout)];
}

Deno.test("serve needs two addresses and nothing else, answers curl, and ends at SIGTERM with 0", {
  ignore: HAS_OWN_PERMISSIONS || Deno.build.os === "windows" || !hasCommand("curl"),
}, async () => {
  await using stage = await openStage();
  const server = new URL(stage.server.url).host;
  await using serving = stage.start(["serve", "--port", "0", "--api-url", stage.server.url], {
    permissions: [`--allow-net=${server},127.0.0.1:0`],
  });
  const line = await serving.nextLine();
  assertMatch(line, /^Serving at http:\/\/127\.0\.0\.1:\d+$/);
  const url = line.slice("Serving at ".length);
  assertEquals(await curl("-f", `${url}/idle`), [0, "Idle\n"]);
  await using generating = stage.generate();
  await stage.untilWorking(1);
  assertEquals((await curl("-f", `${url}/idle?max_age=0`))[0], 22);
  assertMatch((await curl(`${url}/idle`))[1], /^Busy: /);
  const events = curl("-N", `${url}/events`);
  await stage.finish();
  assertEquals((await generating.end()).code, 0);
  serving.process.kill("SIGTERM");
  const { code, err } = await serving.end();
  assertEquals([code, err], [0, "Press Ctrl-C to stop\n"]);
  const [ended, told] = await events;
  assertEquals(ended, 0, told);
  assertMatch(told, /: serve ends\n\n$/);
});

Deno.test("serve goes on after so many idle connections that none can be accepted", {
  ignore: HAS_OWN_PERMISSIONS || Deno.build.os === "windows" || !hasCommand("bash"),
}, async () => {
  await using stage = await openStage();
  const main = new URL("../../main.ts", import.meta.url).href;
  const words = ["run", "--quiet", "-A", main, "serve", "--port", "0"];
  const process = new Deno.Command("bash", {
    args: ["-c", 'ulimit -n 128 && exec "$@"', "bash", Deno.execPath(), ...words],
    cwd: stage.here,
    env: stage.env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const url = /http\S+/.exec((await reader.read()).value ?? "")?.[0] ?? "";
  const errors = new Response(process.stderr).text();
  const port = Number(new URL(url).port);
  const connections: Deno.Conn[] = [];
  await waitFor(async () => {
    const one = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
    if (one !== null) connections.push(one);
    return one === null || connections.length > 200;
  }, { what: "too many connections", intervalMs: 0 });
  for (const one of connections) one.close();
  await waitFor(async () => {
    const answer = await fetchHere(`${url}/healthz`).catch(() => null);
    await answer?.body?.cancel();
    return answer?.status === 200;
  }, { what: "an answer" });
  process.kill("SIGTERM");
  await reader.cancel();
  assertEquals((await process.status).code, 0);
  assertMatch(await errors, /^Press Ctrl-C to stop\nWarning: Cannot accept connections/);
});
