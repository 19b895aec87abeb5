/** Kinds of model files, by SwarmUI's names. */
export const MODEL_KINDS = [
  "Stable-Diffusion",
  "VAE",
  "LoRA",
  "Embedding",
  "ControlNet",
  "Clip",
  "ClipVision",
] as const;

/** A kind of model files. */
export type ModelKind = (typeof MODEL_KINDS)[number];
