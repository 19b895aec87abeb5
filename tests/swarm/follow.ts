/** Generates in tests, and collects what happened, in order, and how it ended. */
import type { GenerationEvent, ImageRequest } from "../../src/generation/server/image_server.ts";
import { ServerSession } from "../../src/generation/session.ts";
import type { SwarmOptions } from "../../src/swarm/http/swarm_options.ts";
import { createImageServer } from "../../src/swarm/images/image_client.ts";
import { type Handler, recorded, ScriptedServer } from "./scripted_server.ts";
import { optionsFor } from "./swarm_options.ts";

/** What a test chooses; the rest has defaults. */
export interface Follow extends Partial<SwarmOptions> {
  /** @default {"auto"} */
  readonly transport?: "auto" | "http";
  readonly signal?: AbortSignal;
  readonly request?: Partial<ImageRequest>;
}

/** Generates two images in the session `53c237`. */
export function generate(url: string, options: Follow = {}): AsyncIterable<GenerationEvent> {
  const { transport = "auto", signal = new AbortController().signal } = options;
  return createImageServer(optionsFor(url, options)).generate(
    new ServerSession("53c237", { serverUrl: url, createdAt: 0 }),
    { prompt: "a cat", model: "tiny", images: 2, ...options.request },
    { transport, signal },
  );
}

/** All events of a generation, and the error it ended with. */
export async function collect(
  events: AsyncIterable<GenerationEvent>,
): Promise<{ readonly events: readonly GenerationEvent[]; readonly error: unknown }> {
  const seen: GenerationEvent[] = [];
  try {
    for await (const event of events) seen.push(event);
    return { events: seen, error: null };
  } catch (error) {
    return { events: seen, error };
  }
}

/** The kinds of events, in order. */
export function kindsOf(events: readonly GenerationEvent[]): string {
  return events.map(({ kind }) => kind).join(" ");
}

/** A server for generating over HTTP. */
export function serverOf(
  generateAnswer: Handler,
  more: Readonly<Record<string, Handler>> = {},
): ScriptedServer {
  return ScriptedServer.routes({
    GetCurrentStatus: () => recorded("idleStatus"),
    GenerateText2Image: generateAnswer,
    ...more,
  });
}
