/** The progress messages of one image run (`swarmui-protocol.md §4.1`). */
import type { JsonObject } from "../../json_object.ts";
import type { AcceptedGeneration } from "./accepted_generation.ts";
import { drawPreview } from "../pictures/draw_picture.ts";
import { imageMetadata } from "./image_metadata.ts";
import { isSet } from "./read_image_request.ts";

/** Nodes of a workflow, of which the one after the fifth start is the sampler. */
const NODES = 8;
const NODES_BEFORE_SAMPLING = 5;

/** Reports the progress of a run, if the client wants it. */
export class ImageProgress {
  readonly #generation: AcceptedGeneration;
  readonly #index: string;
  readonly #preview: string | null;
  /** Sent once, with the first message. */
  #metadata: { readonly metadata?: string };

  constructor(
    generation: AcceptedGeneration,
    { run, seed }: { readonly run: number; readonly seed: bigint },
  ) {
    const { request, output, offset } = generation;
    const wantsPreview = output.isLive && !isSet(request, "nopreviews");
    this.#generation = generation;
    this.#index = String(offset + run * request.batchSize);
    this.#preview = wantsPreview ? drawPreview(seed) : null;
    this.#metadata = { metadata: imageMetadata(generation, { seed, times: null }) };
  }

  /** A node began; the first is number 1. */
  node(number: number): void {
    this.#forward({ type: "executing", data: { node: String(number) } });
    this.#send(number / NODES, { current: 0 });
  }

  /**
   * A step of the sampler is done. Every second one has a preview, which is ahead of the following
   * numbers: progress goes back, as on the real server.
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

  /** A picture is being sent. */
  done(): void {
    this.#send(1, { current: 1 });
  }

  /** Passes ComfyUI's messages on, if the request asked for them (§4.1). */
  #forward(message: JsonObject): void {
    const { output, request, boot } = this.#generation;
    if (!output.isLive || boot.signal.aborted || !isSet(request, "forwardrawbackenddata")) return;
    const data = new TextEncoder().encode(JSON.stringify(message)).toBase64();
    output.send({ raw_backend_data: { type: "comfy_websocket", data } });
  }

  #send(overall: number, options: { readonly current: number; readonly preview?: string }): void {
    const { output, requestId, interrupted, boot } = this.#generation;
    if (!output.isLive || interrupted.aborted || boot.signal.aborted) return;
    const { current, ...preview } = options;
    output.send({
      gen_progress: {
        batch_index: this.#index,
        request_id: requestId,
        ...preview,
        overall_percent: overall,
        current_percent: current,
        ...this.#metadata,
      },
    });
    this.#metadata = {};
  }
}
