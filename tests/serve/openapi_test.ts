/** `/openapi.json` describes every address, and the real answers are as it says. */
import { assert, assertEquals } from "@std/assert";
import { Ajv2020 } from "ajv/2020";
import { OPEN_PATHS } from "../../src/serve/routes.ts";
import { answered, work } from "../support/sample_answers.ts";
import { ServeBench } from "../support/serve_bench.ts";
import { EventReader } from "./event_reader.ts";

interface Description {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { responses: Record<string, Described> }>>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

interface Described {
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
}

Deno.test("/openapi.json describes the real answers", async () => {
  await using serving = await ServeBench.open();
  const { bench } = serving;
  await bench.publish({ id: "gen-a", progress: 0.5, imagesDone: 1 });
  bench.server.counters = answered(work(2));
  bench.server.own.set("gen-a", work(2));
  await bench.tick();
  const description: Description = JSON.parse((await serving.ask("/openapi.json")).text);
  assertEquals(description.openapi, "3.1.0");
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  // Every schema is valid, and every reference leads somewhere.
  ajv.addSchema({ $id: "openapi", components: description.components });
  for (const name of Object.keys(description.components.schemas)) {
    assert(ajv.getSchema(`openapi#/components/schemas/${name}`) !== undefined, name);
  }

  function check(path: string, status: number, type: string, document: unknown): void {
    const { responses } = description.paths[path]?.["get"] ?? { responses: {} };
    const described = responses[String(status)] ?? responses["default"];
    const schema = described?.content?.[type]?.schema;
    assert(schema !== undefined, `${path} ${status} ${type}`);
    const text = JSON.stringify(schema).replaceAll("#/components", "openapi#/components");
    const validate = ajv.compile(JSON.parse(text));
    assert(validate(document), `${path}: ${JSON.stringify(validate.errors)}`);
  }

  for (const [path, operations] of Object.entries(description.paths)) {
    if (operations["get"] === undefined || path === "/events" || path === "/openapi.json") continue;
    const { status, headers, text } = await serving.ask(path);
    const [type = ""] = (headers.get("content-type") ?? "").split(";");
    check(path, status, type, type === "application/json" ? JSON.parse(text) : text);
  }
  await using reader = await EventReader.open(serving.url);
  await reader.untilTold(2);
  for (const { document } of reader.events) check("/events", 200, "text/event-stream", document);
  const refused = await serving.ask("/status?max_age=x");
  check("/status", refused.status, "application/json", JSON.parse(refused.text));
});

Deno.test("/openapi.json tells of every address but the page's, with its method", async () => {
  await using serving = await ServeBench.open();
  const { paths }: Description = JSON.parse((await serving.ask("/openapi.json")).text);
  for (const [path, operations] of Object.entries(paths)) {
    const [method = ""] = Object.keys(operations);
    const other = method === "get" ? "POST" : "GET";
    const { status, headers } = await serving.ask(path, { method: other });
    assertEquals([status, headers.get("allow")?.includes(method.toUpperCase())], [405, true], path);
  }
  const pages = ["/", "/login", "/page.css", "/page.js"];
  const untold = [...OPEN_PATHS].filter((path) => !(path in paths));
  assertEquals(untold.sort(), pages);
});
