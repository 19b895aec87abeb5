import { assert, assertEquals } from "@std/assert";
import { openTlsFront } from "../support/own_ca.ts";
import { type ScriptProcess, startScript } from "../support/script_process.ts";
import { hasCommand } from "../support/shell.ts";
import { openStage, type Stage } from "../support/stage.ts";
import { tempDir } from "../support/temp_dir.ts";
import { HAS_OWN_PERMISSIONS } from "../support/tested_program.ts";

/** A host name that only the proxy knows. */
const HOST = "swarm.test";

/** A running proxy. */
async function openProxy(): Promise<{ readonly process: ScriptProcess; readonly url: string }> {
  const process = startScript("http_proxy.ts", {
    directory: await Deno.realPath(Deno.cwd()),
    args: [],
    permissions: ["--allow-net=127.0.0.1"],
  });
  return { process, url: await process.nextLine() ?? "" };
}

/** The first lines of all connections. */
async function linesOf(process: ScriptProcess): Promise<readonly string[]> {
  await process.end();
  const lines: string[] = [];
  for (let line = await process.nextLine(); line !== null; line = await process.nextLine()) {
    lines.push(line);
  }
  return lines;
}

/**
 * Asks and generates as a user whose server is behind the proxy, with permission only for that
 * server.
 */
async function useFrom(stage: Stage, server: string, env: Record<string, string>): Promise<void> {
  const options = {
    env: {
      ...env,
      ASSET_GENERATOR_API_URL: server,
      NO_PROXY: "",
      no_proxy: "",
      // Deno's own requests, which would also go through the proxy.
      DENO_NO_UPDATE_CHECK: "1",
    },
    permissions: [
      "--allow-read",
      "--allow-write",
      "--allow-sys=hostname",
      "--allow-env=ASSET_GENERATOR_*,HOME",
      `--allow-net=${new URL(server).host}`,
    ],
  };
  assertEquals((await stage.status(options)).verdict, "idle");
  for (const args of [[], ["--no-websocket"]]) {
    await using generating = stage.generate([...args, "--seed", "7"], options);
    await stage.untilWorking(1);
    await stage.finish();
    const { code, out, err } = await generating.end();
    assertEquals(code, 0, err);
    const [image] = JSON.parse(out).images;
    assertEquals([image.seed, image.url.startsWith(`${server}/View/`)], ["7", true], out);
  }
  assertEquals(
    [stage.asked("GenerateText2ImageWS"), stage.asked("GenerateText2Image")],
    [1, 1],
  );
}

Deno.test("a server behind a proxy gets its WebSocket through it, in plain HTTP", {
  ignore: HAS_OWN_PERMISSIONS,
}, async () => {
  await using stage = await openStage();
  const { process, url } = await openProxy();
  await using _ = process;
  const server = `http://${HOST}:${stage.server.port}`;
  await useFrom(stage, server, { HTTP_PROXY: url, http_proxy: url });
  const lines = await linesOf(process);
  assert(lines.includes(`GET ${server}/API/GenerateText2ImageWS HTTP/1.1`), lines.join("\n"));
  assert(lines.every((line) => /^(?:GET|POST) /.test(line)), lines.join("\n"));
});

Deno.test("a server behind a proxy gets its WebSocket through it, over TLS", {
  ignore: HAS_OWN_PERMISSIONS || !hasCommand("openssl", "version"),
}, async () => {
  await using stage = await openStage();
  await using directory = await tempDir();
  await using front = await openTlsFront(HOST, { directory, toPort: stage.server.port });
  const { process, url } = await openProxy();
  await using _ = process;
  const server = `https://${HOST}:${front.port}`;
  await useFrom(stage, server, {
    HTTPS_PROXY: url,
    https_proxy: url,
    DENO_CERT: front.caFile,
  });
  assertEquals(
    new Set(await linesOf(process)),
    new Set([`CONNECT ${HOST}:${front.port} HTTP/1.1`]),
  );
});

Deno.test(
  "a name that only a proxy knows is unknown without it",
  { ignore: HAS_OWN_PERMISSIONS },
  async () => {
    await using stage = await openStage();
    const server = `http://${HOST}:${stage.server.port}`;
    const { code, err } = await stage.run(["generate", "image", "--prompt", "a cat"], {
      env: { ASSET_GENERATOR_API_URL: server, HTTP_PROXY: "", http_proxy: "" },
    });
    assertEquals([code, err.trim().split("\n").length], [5, 1]);
    assert(err.includes(`Cannot open a session at ${server}: DNS does not know this name (`), err);
  },
);
