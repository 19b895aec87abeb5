/** Sends a recorded request again. */
import type { Simulator } from "../../src/simulator/simulator.ts";
import { fetchHere } from "../support/http_clients.ts";
import { type RawAnswer, sendRaw } from "./raw_http.ts";
import type { Substitutions } from "./substitutions.ts";
import type { Step } from "./transcript.ts";

/** Sends a request and reads its answer; of a picture only the beginning. */
export async function sendStep(
  step: Step,
  options: { readonly simulator: Simulator; readonly substitutions: Substitutions },
): Promise<RawAnswer> {
  const { simulator, substitutions } = options;
  if (step.isRaw) return await sendRaw(simulator.port, substitutions.apply(String(step.body)));
  const isPost = step.method === "POST";
  const headers = Object.entries(step.headers).map(([name, value]): [string, string] => [
    name,
    substitutions.apply(value),
  ]);
  const response = await fetchHere(simulator.url + substitutions.apply(step.route), {
    method: step.method,
    redirect: "manual",
    headers: [...(isPost ? [["content-type", "application/json"]] : []), ...headers],
    ...(isPost ? { body: substitutions.apply(JSON.stringify(step.body)) } : {}),
  });
  const bytes = await response.bytes();
  const isText = !response.headers.get("content-type")?.startsWith("image/");
  const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0"));
  const body = isText ? new TextDecoder().decode(bytes) : `starts with ${start.join(" ")}`;
  return { status: response.status, headers: response.headers, body };
}
