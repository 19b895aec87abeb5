import type { Counters } from "../../src/generation/server/counters.ts";
import type {
  GenerationEvent,
  HistoryImage,
  ImageServer,
  KeptPictures,
} from "../../src/generation/server/image_server.ts";
import type { ServerSession } from "../../src/generation/session.ts";
import { QUIET } from "./sample_answers.ts";
import { SERVER_URL } from "./sample_records.ts";

/** A server that is working for sessions until they are interrupted; it makes no images. */
export class FakeImageServer implements ImageServer {
  readonly url: string;
  /** Counters by the name given to `sampleSession()`; else zero. */
  readonly counters: Map<string, Counters | "gone">;
  /** Names of the interrupted sessions, in order. */
  readonly interrupted: string[] = [];
  /** The error of `interrupt()`. */
  refusal: Error | null = null;
  /** Whether an interrupt stops the work. */
  obeys = true;

  constructor(counters: Readonly<Record<string, Counters | "gone">> = {}, url = SERVER_URL) {
    this.counters = new Map(Object.entries(counters));
    this.url = url;
  }

  sessionCounters(session: ServerSession): Promise<Counters | "gone"> {
    return Promise.resolve(this.counters.get(nameOf(session)) ?? QUIET);
  }

  interrupt(session: ServerSession): Promise<void> {
    if (this.refusal !== null) return Promise.reject(this.refusal);
    this.interrupted.push(nameOf(session));
    if (this.obeys) this.counters.delete(nameOf(session));
    return Promise.resolve();
  }

  newSession(): Promise<ServerSession> {
    return missing("newSession");
  }

  models(): Promise<never> {
    return missing("models");
  }

  presets(): Promise<never> {
    return missing("presets");
  }

  parameters(): Promise<never> {
    return missing("parameters");
  }

  requestBody(): never {
    throw new Error("The test's server is sent nothing");
  }

  generate(
    ..._sent: Parameters<ImageServer["generate"]>
  ): AsyncIterable<GenerationEvent> {
    throw new Error("The test's server makes no images");
  }

  history(): Promise<readonly HistoryImage[]> {
    return Promise.resolve([]);
  }

  keptPictures(): Promise<KeptPictures> {
    return Promise.resolve({ files: true, metadata: true });
  }

  openImage(): Promise<never> {
    return missing("openImage");
  }

  imageUrl(): null {
    return null;
  }
}

function nameOf(session: ServerSession): string {
  return session.reveal().replace("secret-", "");
}

function missing(name: string): Promise<never> {
  return Promise.reject(new Error(`The test's server has no ${name}`));
}
