/** What a file is, by its first bytes. Pure. Only kinds of files that SwarmUI and ComfyUI can make. */

/** So many bytes tell; a shorter file is none of these. */
export const PICTURE_HEAD_BYTES = 16;

interface Mark {
  /** Where the text stands. */
  readonly at: number;
  /** Bytes as characters of Latin-1. */
  readonly text: string;
}

interface Kind {
  readonly marks: readonly Mark[];
  /** The endings that fit, the usual one first. */
  readonly endings: readonly string[];
}

function kind(endings: string, ...marks: readonly (readonly [at: number, text: string])[]): Kind {
  return { endings: endings.split(" "), marks: marks.map(([at, text]) => ({ at, text })) };
}

/** Tried in this order: the special one before the general one. */
const KINDS: readonly Kind[] = [
  kind("png apng", [0, "\x89PNG\r\n\x1a\n"]),
  kind("jpg jpeg jfif", [0, "\xff\xd8\xff"]),
  kind("webp", [0, "RIFF"], [8, "WEBP"]),
  kind("gif", [0, "GIF87a"]),
  kind("gif", [0, "GIF89a"]),
  kind("avif", [4, "ftypavi"]),
  kind("heic heif", [4, "ftyphei"]),
  kind("heif heic avif", [4, "ftypmif1"]),
  kind("jxl", [0, "\0\0\0\x0cJXL \r\n\x87\n"]),
  kind("jxl", [0, "\xff\x0a"]),
  kind("tiff tif", [0, "II*\0"]),
  kind("tiff tif", [0, "MM\0*"]),
  kind("bmp", [0, "BM"], [6, "\0\0\0\0"]),
  kind("exr", [0, "v/1\x01"]),
  kind("mov", [4, "ftypqt  "]),
  kind("m4a mp4", [4, "ftypM4A"]),
  kind("mp4 m4v mov", [4, "ftyp"]),
  kind("mov", [4, "moov"]),
  kind("mov", [4, "mdat"]),
  kind("mov", [4, "wide"]),
  kind("webm mkv", [0, "\x1aE\xdf\xa3"]),
  kind("avi", [0, "RIFF"], [8, "AVI "]),
  kind("wav", [0, "RIFF"], [8, "WAVE"]),
  kind("flac", [0, "fLaC"]),
  kind("ogg oga ogv opus", [0, "OggS"]),
  kind("mp3", [0, "ID3"]),
  // An MPEG frame of layer III; of AAC, which has no layer.
  ...["\xfb", "\xfa", "\xf3", "\xf2", "\xe3", "\xe2"].map((byte) =>
    kind("mp3", [0, `\xff${byte}`])
  ),
  ...["\xf1", "\xf0", "\xf9", "\xf8"].map((byte) => kind("aac", [0, `\xff${byte}`])),
  kind("glb", [0, "glTF"]),
];

/**
 * The endings that fit a file, the usual one first; `null`: it is not a picture, video or sound.
 *
 * @param head Its first bytes, `PICTURE_HEAD_BYTES` or all there are.
 */
export function endingsOf(head: Uint8Array): readonly string[] | null {
  if (head.length < PICTURE_HEAD_BYTES) return null;
  return KINDS.find(({ marks }) => marks.every((mark) => stands(mark, head)))?.endings ?? null;
}

/**
 * Endings of further files that workflows make. They have no mark, so only their names tell. Any other
 * ending could be that of a program.
 */
const UNMARKED = "txt json csv md srt vtt svg obj stl ply gltf psd npy npz zip".split(" ");

/** What a file is. */
export interface FileKind {
  /** The endings that fit, the usual one first. */
  readonly endings: readonly string[];
  /** What tells it: the content, or only the server's name for it. */
  readonly by: "content" | "name" | "nothing";
}

/**
 * The kind of a file; `null`: it is empty, or text in the place of a picture, which is a message.
 *
 * @param head Its first bytes, `PICTURE_HEAD_BYTES` or all there are.
 * @param named The ending of the server's name for it, in lower case.
 */
export function fileKindOf(head: Uint8Array, named: string): FileKind | null {
  const endings = endingsOf(head);
  if (endings !== null) return { endings, by: "content" };
  if (head.length > 0 && UNMARKED.includes(named)) return { endings: [named], by: "name" };
  const isText = head.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d));
  return isText ? null : { endings: ["bin"], by: "nothing" };
}

function stands({ at, text }: Mark, head: Uint8Array): boolean {
  return [...text].every((char, index) => head[at + index] === char.charCodeAt(0));
}
