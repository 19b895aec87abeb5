/** The systems that executables are made for. */

/** A system, by Deno's name for it, and what people there expect. */
export interface Target {
  readonly name: string;
  /** What an executable ends with. */
  readonly ending: "" | ".exe";
  readonly archive: "tar.gz" | "zip";
}

/** All that `deno compile` of this version knows. */
export const TARGETS: readonly Target[] = [
  { name: "x86_64-unknown-linux-gnu", ending: "", archive: "tar.gz" },
  { name: "aarch64-unknown-linux-gnu", ending: "", archive: "tar.gz" },
  { name: "x86_64-apple-darwin", ending: "", archive: "tar.gz" },
  { name: "aarch64-apple-darwin", ending: "", archive: "tar.gz" },
  { name: "x86_64-pc-windows-msvc", ending: ".exe", archive: "zip" },
  { name: "aarch64-pc-windows-msvc", ending: ".exe", archive: "zip" },
];
