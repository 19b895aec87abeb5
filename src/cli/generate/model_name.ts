/** A name without the ending of a model file. */
export function stemOf(name: string): string {
  return name.replace(/\.(safetensors|sft|gguf|ckpt|pt|pth|bin|engine)$/i, "");
}

/** A name without its folders. */
export function baseOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
