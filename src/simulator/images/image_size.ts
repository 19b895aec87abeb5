/** The size and the seed that a request comes to (`swarmui-protocol.md §3.3`). */

const FALLBACK_SIZE = 512;

/** Width and height at a side length of 512; `3:4` is missing in SwarmUI too. */
const ASPECTS: Readonly<Record<string, readonly [number, number]>> = {
  "1:1": [512, 512],
  "4:3": [576, 448],
  "3:2": [608, 416],
  "8:5": [608, 384],
  "16:9": [672, 384],
  "21:9": [768, 320],
  "2:3": [416, 608],
  "5:8": [384, 608],
  "9:16": [384, 672],
  "9:21": [320, 768],
};

/**
 * The size of the pictures, in pixels: `rawresolution`, else aspect ratio with side length, else
 * width and height. `rawresolution` is written into `width` and `height`, as SwarmUI does.
 */
export function sizeOf(
  values: Map<string, string>,
): { readonly width: number; readonly height: number } {
  const raw = /^(\d{2,5})x(\d{2,5})$/.exec(values.get("rawresolution") ?? "");
  if (raw !== null) {
    values.set("width", raw[1] ?? "");
    values.set("height", raw[2] ?? "");
  }
  const side = values.get("sidelength");
  const aspect = ASPECTS[values.get("aspectratio") ?? ""];
  if (raw === null && side !== undefined && aspect !== undefined) {
    const factor = Number(side) / FALLBACK_SIZE;
    const scaled = (length: number): number => Math.round(length * factor / 16) * 16;
    return { width: scaled(aspect[0]), height: scaled(aspect[1]) };
  }
  return {
    width: Number(values.get("width") ?? FALLBACK_SIZE),
    height: Number(values.get("height") ?? FALLBACK_SIZE),
  };
}

/** A seed as the server picks it: 0…2^31-2. */
export function randomSeed(): bigint {
  return BigInt(Math.floor(Math.random() * 2_147_483_647));
}
