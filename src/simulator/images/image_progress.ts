/** The progress messages of one image run (`swarmui-protocol.md §4.1`). */
import type { Generation } from "./generation.ts";
import { imageMetadata } from "./image_metadata.ts";
import { isSet } from "./image_request.ts";
import type { JsonObject } from "../json.ts";

/** Nodes of a workflow, of which the one after the fifth start is the sampler. */
const NODES = 8;
const NODES_BEFORE_SAMPLING = 5;

/** Tells how far a run is, if anybody wants to know. */
export class ImageProgress {
  readonly #generation: Generation;
  readonly #index: string;
  readonly #preview: string | null;
  #metadata: string | null;

  private constructor(
    generation: Generation,
    options: {
      readonly index: number;
      readonly preview: string | null;
      readonly metadata: string;
    },
  ) {
    this.#generation = generation;
    this.#index = String(options.index);
    this.#preview = options.preview;
    this.#metadata = options.metadata;
  }

  /** Prepares the messages of a run. */
  static begin(
    generation: Generation,
    options: { readonly run: number; readonly seed: bigint },
  ): ImageProgress {
    const { request, swarm, output } = generation;
    const metadata = imageMetadata(request, {
      seed: options.seed,
      images: generation.images,
      nowMs: swarm.clock.now(),
      times: null,
      version: swarm.versionNumbers,
    });
    const wantsPreview = output.isLive && !isSet(request, "nopreviews");
    return new ImageProgress(generation, {
      index: generation.offset + options.run * request.batchSize,
      preview: wantsPreview ? swarm.painter.preview(options.seed) : null,
      metadata,
    });
  }

  /** A node began; the first is number 1. */
  node(number: number): void {
    this.#forward({ type: "executing", data: { node: String(number) } });
    this.#send(number / NODES, { current: 0 });
  }

  /**
   * A step of the sampler is done. Each second one comes with a preview, which is ahead of the numbers
   * that follow it: progress goes back, as on the real server.
   */
  step(number: number, steps: number): void {
    if (this.#preview !== null && number % 2 === 0) {
      const before = (number - 1) / steps;
      const overall = (NODES_BEFORE_SAMPLING + before) / (NODES - 1);
      this.#send(overall, { current: before, preview: this.#preview });
    }
    this.#forward({ type: "progress", data: { value: number, max: steps } });
    const current = number / steps;
    this.#send((NODES_BEFORE_SAMPLING + current) / NODES, { current });
  }

  /** The picture is being sent. */
  done(): void {
    this.#send(1, { current: 1 });
  }

  /** A further picture of the same batch. */
  repeat(): void {
    this.done();
  }

  /** Passes on what ComfyUI says, if the request asked for it (§4.1). */
  #forward(message: JsonObject): void {
    const { output, request, boot } = this.#generation;
    if (!output.isLive || boot.signal.aborted || !isSet(request, "forwardrawbackenddata")) return;
    const data = new TextEncoder().encode(JSON.stringify(message)).toBase64();
    output.send({ raw_backend_data: { type: "comfy_websocket", data } });
  }

  #send(
    overall: number,
    options: { readonly current: number; readonly preview?: string },
  ): void {
    const { output, requestId, interrupted, boot } = this.#generation;
    if (!output.isLive || interrupted.aborted || boot.signal.aborted) return;
    const metadata: JsonObject = this.#metadata === null ? {} : { metadata: this.#metadata };
    this.#metadata = null;
    output.send({
      gen_progress: {
        batch_index: this.#index,
        request_id: requestId,
        ...(options.preview === undefined ? {} : { preview: options.preview }),
        overall_percent: overall,
        current_percent: options.current,
        ...metadata,
      },
    });
  }
}
