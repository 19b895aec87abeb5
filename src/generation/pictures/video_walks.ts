/** Finds the ends of videos, and of pictures with the same structure. Pure. */
import { numberOf, textOf, type Walk, type Wholeness } from "./file_walk.ts";

/** The names of top-level boxes in ISO files (MP4, MOV, AVIF, HEIF). */
const BOXES = new Set(
  "ftyp styp moov moof mdat meta free skip wide uuid udta sidx ssix mfra pdin prft emsg pnot PICT"
    .split(" "),
);

/**
 * Boxes: a length, a name, that many bytes. There is no last box: the file is complete at the end
 * of a box if it contains pixels and the box that says where they are.
 */
export function* walkBoxes(first: Uint8Array, firstType: Uint8Array): Walk {
  const seen = new Set<string>();
  let [length, type] = [numberOf(first), textOf(firstType)];
  for (;;) {
    const soFar = wholenessOf(seen);
    // After the end there may be something that is not a box.
    if (!BOXES.has(type) && soFar !== "cut") return soFar;
    if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) return "damaged";
    // Up to the end of the file, wherever that is.
    if (length === 0) return "unknown";
    let head = 8;
    if (length === 1) {
      length = numberOf(yield { take: 8 });
      head = 16;
    }
    if (length < head) return "damaged";
    if (length > head) yield { skip: length - head };
    seen.add(type);
    const next = yield { take: 8, atEnd: wholenessOf(seen) };
    [length, type] = [numberOf(next.subarray(0, 4)), textOf(next.subarray(4))];
  }
}

function wholenessOf(seen: ReadonlySet<string>): Exclude<Wholeness, "damaged"> {
  if (seen.has("mdat")) return seen.has("moov") || seen.has("meta") ? "whole" : "cut";
  // It may contain a small picture.
  return seen.has("meta") ? "unknown" : "cut";
}

/** The two elements of WebM or Matroska: a header, and everything else. */
export function* walkElements(): Walk {
  const head = yield* takeLength();
  if (head === null) return "unknown";
  if (head > 0) yield { skip: head };
  if (textOf(yield { take: 4 }) !== "\x18\x53\x80\x67") return "unknown";
  const length = yield* takeLength();
  if (length === null) return "unknown";
  if (length > 0) yield { skip: length };
  return "whole";
}

/** The length of an element; `null`: not known, as in files that were made while they were sent. */
function* takeLength(): Generator<{ take: number }, number | null, Uint8Array<ArrayBuffer>> {
  const first = (yield { take: 1 })[0] ?? 0;
  // There are as many zero bits as there are further bytes.
  const more = Math.clz32(first) - 24;
  if (more > 7) return null;
  const rest = more === 0 ? new Uint8Array(0) : yield { take: more };
  const top = first & (0x7f >> more);
  const isUnknown = top === 0x7f >> more && rest.every((byte) => byte === 0xff);
  return isUnknown ? null : top * 256 ** more + numberOf(rest);
}
