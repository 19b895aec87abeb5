/**
 * Reads what `deno compile` (2.9.6) put into an executable of any system: behind the mark `d3n0l4nd`
 * stand the length of a JSON document, in eight bytes, little end first, and the document. The mark
 * occurs elsewhere too, alone.
 */

/** The content of an executable, as far as it matters here. */
export interface Payload {
  /** Arguments before those of the user. */
  readonly argv: readonly string[];
  /** Its first file. */
  readonly entry: string;
  /**
   * Each permission that it has, by Deno's name, sorted; an empty list allows everything of its
   * kind.
   */
  readonly permissions: Readonly<Record<string, readonly string[]>>;
}

interface Document {
  readonly argv: readonly string[];
  readonly entrypoint_key: string;
  readonly permissions: Readonly<Record<string, readonly string[] | boolean | null>>;
}

const MARK = new TextEncoder().encode("d3n0l4nd");
const LENGTH_BYTES = 8;
const BRACE = "{".charCodeAt(0);

/** @throws {Error} If nothing was put into it, or it asks for permissions while it runs. */
export function readPayload(executable: Uint8Array): Payload {
  const { argv, entrypoint_key: entry, permissions } = findDocument(executable);
  if (permissions.prompt !== false) throw new Error("The executable would ask for permissions");
  const deniesImport = Array.isArray(permissions.deny_import);
  const granted = Object.entries(permissions).flatMap(([name, values]) => {
    if (!name.startsWith("allow_") || !Array.isArray(values)) return [];
    // Deno's default hosts for code stand there even if all import is denied.
    return name === "allow_import" && deniesImport ? [] : [[name, values] as const];
  });
  granted.sort(([a], [b]) => a < b ? -1 : 1);
  return { argv, entry, permissions: Object.fromEntries(granted) };
}

function findDocument(executable: Uint8Array): Document {
  const view = new DataView(executable.buffer, executable.byteOffset);
  for (let at = indexOf(executable, MARK, 0); at >= 0; at = indexOf(executable, MARK, at + 1)) {
    const start = at + MARK.length + LENGTH_BYTES;
    if (executable[start] !== BRACE) continue;
    const length = Number(view.getBigUint64(start - LENGTH_BYTES, true));
    if (length > executable.length - start) continue;
    return JSON.parse(new TextDecoder().decode(executable.subarray(start, start + length)));
  }
  throw new Error("The executable holds no program");
}

/** The next position of some bytes; -1 if there is none. */
function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const first = wanted[0] ?? 0;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}
