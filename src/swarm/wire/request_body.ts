/** Makes the body of a generation request (`swarmui-protocol.md §3`). */
import type { ImageRequest } from "../../generation/server/image_server.ts";
import type { JsonObject } from "../../json_object.ts";

/** The key in a picture's metadata for this tool's generation id (§20.7). */
export const TAG_KEY = "asset_generator_id";

/**
 * The parameters of a request, without the session. Absent values are left out: for the server,
 * `null` is not the same as absent (§3.2).
 */
export function requestBody(request: ImageRequest): JsonObject {
  const body: Record<string, unknown> = {
    images: request.images / (request.batchSize ?? 1),
    prompt: request.prompt,
    model: request.model,
  };
  const optional = {
    batchsize: request.batchSize,
    negativeprompt: request.negativePrompt,
    steps: request.steps,
    width: request.width,
    height: request.height,
    // As text: JSON numbers above 2^53 lose digits.
    seed: request.seed,
    cfgscale: request.cfgScale,
    sampler: request.sampler,
    scheduler: request.scheduler,
  };
  for (const [name, value] of Object.entries(optional)) {
    if (value !== undefined) body[name] = value;
  }
  if (request.loras !== undefined && request.loras.length > 0) {
    // The list of LoRAs is matched against names without their extension (§3.3).
    body["loras"] = request.loras.map(({ name }) => name.replace(/\.safetensors$/i, ""));
    body["loraweights"] = request.loras.map(({ weight }) => `${weight}`);
  }
  if (request.tag !== undefined) body["extra_metadata"] = { [TAG_KEY]: request.tag };
  if (request.presets !== undefined) body["presets"] = request.presets;
  return { ...body, ...request.parameters };
}
