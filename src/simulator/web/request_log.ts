/** The requests that the server got, for tests; session ids are replaced. */
import type { JsonObject } from "../../json_object.ts";
import { parseJsonObject } from "../exact_json.ts";
import type { HttpRequest } from "../wire/http_request.ts";

const MAX_RECORDS = 10_000;
const KEPT_HEADERS = [
  "accept-encoding",
  "authorization",
  "content-type",
  "cookie",
  "origin",
  "range",
  "user-agent",
  "x-swarm-backend-id",
  "x-swarm-user_id",
  "x-gateway",
];

/** One request, handshake or message of a client. */
export interface RequestRecord {
  /** `POST`, `GET` …; `UPGRADE` for a WebSocket handshake, `FRAME` for a message on one. */
  readonly method: string;
  /** As it was sent. */
  readonly path: string;
  /** An API route as SwarmUI spells it, `View`, `ComfyBackendDirect`, or the path. */
  readonly route: string;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * `session-1`, `session-2` … in the order in which they were made; `unknown` for any other id.
   */
  readonly session: string | null;
  /** The JSON body with its session replaced; `null` if there is none. */
  readonly body: JsonObject | null;
  /** Monotonic milliseconds of the simulator's clock. */
  readonly atMs: number;
}

/** The last 10,000 records. */
export class RequestLog {
  readonly records: RequestRecord[] = [];
  readonly #nameOf: (sessionId: unknown) => string | null;

  /** @param nameOf The name of a session; `null`: there is none with that id. */
  constructor(nameOf: (sessionId: unknown) => string | null) {
    this.#nameOf = nameOf;
  }

  /** Records a request. @param options.text Its body or message. */
  add(
    request: HttpRequest,
    options: Pick<RequestRecord, "method" | "route" | "atMs"> & { readonly text: string },
  ): RequestRecord {
    const { text, ...rest } = options;
    const body = parseJsonObject(text);
    const hasId = body !== null && "session_id" in body;
    const id = hasId ? body.session_id : request.headers.get("x-session-id");
    const session = id === null ? null : this.#nameOf(id) ?? "unknown";
    const headers = [...request.headers].filter(([name]) => KEPT_HEADERS.includes(name));
    const record = {
      ...rest,
      path: request.path,
      headers: Object.fromEntries(headers),
      session,
      body: hasId ? { ...body, session_id: session } : body,
    };
    this.records.push(record);
    if (this.records.length > MAX_RECORDS) this.records.shift();
    return record;
  }
}
