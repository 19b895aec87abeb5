/** Finds the names that are closest to one that the server does not have. */
import { nearestHint, suggest } from "../suggest.ts";
import { baseOf, stemOf } from "./model_name.ts";

const CLOSEST_MAX = 3;
/** Shorter common parts are coincidence. */
const SHARED_MIN = 2;

/**
 * Names the closest ones, or what there is if none is close: `closest: a, b`. Case, spaces and
 * punctuation are ignored, and so are a model's folder and file extension, so `DPM++ 2M` is close
 * to `dpmpp_2m`.
 */
export function closestHint(wanted: string, names: readonly string[]): string {
  const byKey = new Map<string, string[]>();
  for (const name of names) {
    // SwarmUI's word for no choice is close to many short names, and never meant by one.
    if (name === "None") continue;
    const stem = stemOf(name);
    for (const key of new Set([keyOf(stem), keyOf(baseOf(stem))])) {
      byKey.set(key, [...byKey.get(key) ?? [], name]);
    }
  }
  const key = keyOf(stemOf(wanted));
  const similar = suggest(key, byKey.keys(), { limit: 2 * CLOSEST_MAX });
  const closest = similar.length > 0 ? similar : sharing(key, [...byKey.keys()]);
  const found = new Set(closest.flatMap((each) => byKey.get(each) ?? []));
  return nearestHint([...found].slice(0, CLOSEST_MAX), names);
}

/** Names that contain the word or are contained in it, those of similar length first. */
function sharing(word: string, keys: readonly string[]): readonly string[] {
  if (word.length < SHARED_MIN) return [];
  return keys
    .filter((key) => key.includes(word) || key.length > SHARED_MIN && word.includes(key))
    .sort((a, b) => Math.abs(a.length - word.length) - Math.abs(b.length - word.length));
}

function keyOf(name: string): string {
  return name.toLowerCase().replaceAll("+", "p").replace(/[^\p{L}\p{N}]/gu, "");
}
