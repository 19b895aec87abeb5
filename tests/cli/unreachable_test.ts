/** Why a server is unreachable: the first line and the error name the same reason. */
import { assertEquals } from "@std/assert";
import { runHere } from "../support/program_here.ts";
import { openStage } from "../support/stage.ts";
import { html, json, redirect, ScriptedServer } from "../swarm/scripted_server.ts";

for (
  const [name, answer, verb, found, advice] of [
    [
      "has too much to do",
      () => html("slow down", 429),
      "ask",
      "the server is too busy to answer",
      "(HTTP status 429; try again later)",
    ],
    [
      "is behind a gateway without it",
      () => html("no server", 503),
      "ask",
      "a proxy answered HTTP status 503 for the server",
      "(start SwarmUI, or give its address with --api-url)",
    ],
    [
      "is another program",
      () => html("<p>Welcome</p>"),
      "ask",
      "the answer is not SwarmUI's, but HTTP status 200 with text/html",
      "(give SwarmUI's own address with --api-url)",
    ],
    [
      "redirects",
      () => redirect("http://127.0.0.2:7801/API/GetNewSession"),
      "ask",
      "it redirects to http://127.0.0.2:7801",
      "(try --api-url http://127.0.0.2:7801)",
    ],
    [
      "answers with JSON of another kind",
      () => json(["no object"]),
      "ask",
      "the answer is not a JSON object",
      "(give SwarmUI's own address with --api-url)",
    ],
    [
      "stops before it answers",
      () => new Response(new Uint8Array()),
      "reach",
      "the server stopped before it answered",
      "(try again once it is back)",
    ],
  ] as const
) {
  Deno.test(`status says twice the same of a server that ${name}`, async () => {
    await using stage = await openStage();
    await using server = new ScriptedServer(answer);
    const { code, out, err } = await runHere(["status", "--api-url", server.url], { stage });
    assertEquals([code, out.split("\n", 1)[0], err], [
      5,
      `Unreachable: ${server.url}: ${found}`,
      `Error: Cannot ${verb} ${server.url}: ${found} ${advice}\n`,
    ]);
  });
}
