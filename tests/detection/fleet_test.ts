import { assertEquals } from "@std/assert";
import { arrangeFleet, countFleet, fleetVerdict } from "../../src/detection/fleet.ts";
import type { NamedReport } from "../../src/detection/fleet.ts";
import type { Verdict } from "../../src/detection/verdict.ts";
import { remoteBackend } from "../support/sample_answers.ts";
import { reportedBackend, sampleReport } from "../support/sample_report.ts";

/** A server at a port, with its own id. */
function server(name: string, how: {
  readonly port?: number;
  readonly id?: string | null;
  readonly verdict?: Verdict;
  readonly backendAt?: string;
} = {}): NamedReport {
  const { port = name.charCodeAt(0), id = name, verdict = "idle", backendAt } = how;
  return {
    name,
    report: sampleReport({
      serverUrl: `http://127.0.0.1:${port}`,
      identity: id === null ? null : { version: "0.9.8.2", serverId: id, asOf: 0 },
      verdict,
      backends: backendAt === undefined
        ? []
        : [reportedBackend(remoteBackend({ remoteUrl: backendAt }), null)],
    }),
  };
}

function arranged(...servers: readonly NamedReport[]): readonly string[] {
  return arrangeFleet(servers).map(({ name, partOf }) =>
    partOf === null ? name : `${name} of ${partOf}`
  );
}

Deno.test("arrangeFleet() does not change unrelated servers", () => {
  assertEquals(arranged(server("b"), server("a")), ["b", "a"]);
  // Two servers without an id are not the same.
  assertEquals(arranged(server("a", { id: null }), server("b", { id: null })), ["a", "b"]);
  assertEquals(arranged(), []);
});

Deno.test("arrangeFleet() puts a worker after its master, whatever the order", () => {
  const master = server("m", { backendAt: "http://localhost:119/" });
  const [worker, other] = [server("w", { port: 119 }), server("o")];
  assertEquals(arranged(worker, other, master), ["o", "m", "w of m"]);
  assertEquals(arranged(master, other, worker), ["m", "w of m", "o"]);
});

Deno.test("arrangeFleet() takes the localhost of a master on another machine for no server here", () => {
  const master = server("m", { backendAt: "http://localhost:119/" });
  const far = { ...master, report: { ...master.report, serverUrl: "http://gpu-box:7801" } };
  assertEquals(arranged(server("w", { port: 119 }), far), ["w", "m"]);
});

Deno.test("arrangeFleet() shows a server once that has two names", () => {
  assertEquals(arranged(server("a", { id: "1" }), server("b"), server("c", { id: "1" })), [
    "a",
    "c of a",
    "b",
  ]);
});

Deno.test("arrangeFleet() keeps every server where masters are workers of each other, or of themselves", () => {
  const one = server("x", { port: 1, backendAt: "http://127.0.0.1:2" });
  const two = server("y", { port: 2, backendAt: "http://127.0.0.1:1" });
  assertEquals(arranged(one, two).length, 2);
  const three = server("z", { port: 3, backendAt: "http://127.0.0.1:3" });
  assertEquals(arranged(three), ["z"]);
  const ring = [1, 2, 3].map((port) =>
    server(`r${port}`, { port, id: `r${port}`, backendAt: `http://127.0.0.1:${port % 3 + 1}` })
  );
  assertEquals(arranged(...ring).length, 3);
  const deep = [
    server("m", { port: 1, backendAt: "http://127.0.0.1:2" }),
    server("w", { port: 2, backendAt: "http://127.0.0.1:3" }),
    server("v", { port: 3 }),
  ];
  assertEquals(arranged(...deep), ["m", "w of m", "v of w"]);
});

Deno.test("fleetVerdict() says idle only if all are", () => {
  const of = (...verdicts: readonly Verdict[]): Verdict =>
    fleetVerdict(verdicts.map((verdict, index) => server(`${index}`, { verdict })));
  assertEquals(of("idle", "idle"), "idle");
  assertEquals(of("idle", "unreachable", "busy", "unknown"), "busy");
  assertEquals(of("idle", "unreachable", "unknown"), "unknown");
  assertEquals(of("idle", "unreachable"), "unreachable");
  assertEquals(of("unreachable"), "unreachable");
  assertEquals(of(), "unknown");
});

Deno.test("countFleet() counts a worker with its master", () => {
  const servers = arrangeFleet([
    server("m", { backendAt: "http://127.0.0.1:119" }),
    server("w", { port: 119, verdict: "busy" }),
    server("o", { verdict: "busy" }),
    server("p"),
  ]);
  assertEquals(countFleet(servers, "busy"), { all: 3, such: 2 });
});
