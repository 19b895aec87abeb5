/** The port to what is in picture files besides the picture. */
import type { PictureTexts } from "./picture_origin.ts";

/** A picture file, as far as it was read. */
export interface PictureFile {
  readonly format: "PNG" | "JPEG" | "WebP";
  readonly bytes: number;
  /** In pixels; `null`: the file does not say. */
  readonly width: number | null;
  readonly height: number | null;
  readonly texts: PictureTexts;
  /** Why some texts were left out, as `more than …`; `null`: none were. */
  readonly textLimit: string | null;
  /** Whether the file breaks off before its end. */
  readonly isCut: boolean;
}

/** Reads picture files. */
export interface PictureReader {
  /**
   * Reads a picture; `-` is standard input.
   *
   * @throws {PermissionError} If Deno's permission is missing.
   * @throws {AppError} If it cannot be read, or is no PNG, JPEG or WebP.
   */
  read(path: string): Promise<PictureFile>;
}
