/** The description of all that `serve` answers, in OpenAPI, from the schemas of its documents. */
import { isJsonObject } from "../json_object.ts";
import active from "../../schemas/active.v1.json" with { type: "json" };
import activeAll from "../../schemas/active_all.v1.json" with { type: "json" };
import cancel from "../../schemas/cancel.v1.json" with { type: "json" };
import failure from "../../schemas/error.v1.json" with { type: "json" };
import event from "../../schemas/event.v1.json" with { type: "json" };
import status from "../../schemas/status.v1.json" with { type: "json" };
import statusAll from "../../schemas/status_all.v1.json" with { type: "json" };

const SCHEMAS: Readonly<Record<string, unknown>> = {
  active,
  active_all: activeAll,
  cancel,
  error: failure,
  event,
  status,
  status_all: statusAll,
};

const MAX_AGE = {
  name: "max_age",
  in: "query",
  description: "How old the answer may be, in seconds; 0 looks anew.",
  schema: { type: "number", minimum: 0, maximum: 3600 },
};

const SERVER = {
  name: "server",
  in: "query",
  description: "With serve --all: only this server of the configuration file.",
  schema: { type: "string" },
};

/** Makes the description. @param version This tool's. */
export function openApiDocument(version: string): Readonly<Record<string, unknown>> {
  return {
    openapi: "3.1.0",
    info: {
      title: "asset-generator serve",
      version,
      description: "Whether a generation is in progress on a SwarmUI, and how that is known.",
    },
    security: [{}, { bearer: [] }],
    paths: {
      "/status": get("Everything that is known", {
        parameters: [MAX_AGE, SERVER],
        200: either(["status", "status_all"], "The document of asset-generator status [--all]"),
      }),
      "/API/ListActiveGenerations": get("All active generations", {
        parameters: [MAX_AGE, SERVER],
        200: either(
          ["active", "active_all"],
          "The generations, the verdict, and when that was seen",
        ),
      }),
      "/idle": get("Idle or not, by HTTP's status", {
        parameters: [MAX_AGE, SERVER],
        200: text("Idle"),
        409: text("Busy"),
        503: text("Unknown or unreachable"),
      }),
      "/events": get("What happens, as server-sent events", {
        parameters: [LAST_EVENT_ID, { ...LAST_EVENT_ID, name: "last_event_id", in: "query" }],
        200: {
          description: "Each data line is a document of asset-generator events",
          content: { "text/event-stream": { schema: reference("event") } },
        },
      }),
      "/API/GenerationEventsWS": get("The same over a WebSocket", {
        parameters: [{ ...LAST_EVENT_ID, name: "last_event_id", in: "query" }],
        101: { description: "Each message is a document of asset-generator events" },
        426: json("error", "The request is no handshake of a WebSocket"),
      }),
      "/metrics": get("Metrics for Prometheus", { 200: text("Prometheus's text format") }),
      "/healthz": get("Whether serve itself runs", { 200: text("It does") }),
      "/openapi.json": get("This description", {
        200: { description: "OpenAPI 3.1", content: { "application/json": {} } },
      }),
      "/API/CancelGeneration": post("Cancel a generation; only with --allow-cancel", {
        body: {
          "application/json": {
            schema: {
              type: "object",
              required: ["session_id"],
              properties: { session_id: { type: "string" } },
            },
          },
        },
        200: json("cancel", "It stopped, or was over already"),
        default: {
          description: "It could not be cancelled",
          content: {
            "application/json": { schema: { anyOf: [reference("cancel"), reference("error")] } },
          },
        },
      }),
      "/hooks/queue-start": post("SwarmUI's webhook: its queue has begun", HOOK),
      "/hooks/queue-end": post("SwarmUI's webhook: its queue has ended", HOOK),
    },
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      schemas: Object.assign({}, ...Object.entries(SCHEMAS).map(components)),
    },
  };
}

const LAST_EVENT_ID = {
  name: "Last-Event-ID",
  in: "header",
  description: "The id of the last event that arrived.",
  schema: { type: "string" },
};

interface Operation {
  readonly parameters?: readonly unknown[];
  readonly body?: unknown;
  readonly [status: number]: unknown;
  readonly default?: unknown;
}

const HOOK: Operation = {
  body: { "application/json": { schema: { type: "object" } } },
  200: text("serve looks now"),
};

function get(summary: string, operation: Operation): unknown {
  return { get: describe(summary, operation) };
}

function post(summary: string, operation: Operation): unknown {
  return { post: describe(summary, operation) };
}

function describe(summary: string, { parameters, body, ...responses }: Operation): unknown {
  return {
    summary,
    ...(parameters === undefined ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { content: body } }),
    responses: { default: json("error", "Why there is no answer"), ...responses },
  };
}

function json(schema: string, description: string): unknown {
  return { description, content: { "application/json": { schema: reference(schema) } } };
}

function either(schemas: readonly string[], description: string): unknown {
  return {
    description,
    content: { "application/json": { schema: { anyOf: schemas.map(reference) } } },
  };
}

function text(description: string): unknown {
  return { description, content: { "text/plain": { schema: { type: "string" } } } };
}

function reference(schema: string): unknown {
  return { $ref: `#/components/schemas/${schema}` };
}

/** A schema and its definitions, as parts of the description: `#/$defs/time` → `status_time`. */
function components([name, schema]: [string, unknown]): Readonly<Record<string, unknown>> {
  if (!isJsonObject(schema)) return {};
  const { $schema: _schema, $id: _id, $defs, ...rest } = schema;
  const parts = isJsonObject($defs) ? Object.entries($defs) : [];
  return {
    [name]: moved(rest, name),
    ...Object.fromEntries(parts.map(([part, of]) => [`${name}_${part}`, moved(of, name)])),
  };
}

function moved(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((each) => moved(each, name));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      key === "$ref" && typeof each === "string" ? target(each, name) : moved(each, name),
    ]),
  );
}

function target(ref: string, name: string): string {
  const [, file = name, part] = /^(?:(\w+)\.v1\.json)?(?:#\/\$defs\/(\w+))?$/.exec(ref) ?? [];
  return `#/components/schemas/${part === undefined ? file : `${file}_${part}`}`;
}
