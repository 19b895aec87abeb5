/**
 * Types of what this project uses of npm:exifreader: its own modules, which have none. The whole
 * of it is three times as large, for cameras and formats that are not read here.
 */
declare module "exifreader/exif" {
  /** A tag of EXIF: numbers, texts or bytes, and a text for people. */
  export interface Tag {
    readonly value: unknown;
    readonly description: string;
  }
  const exif: {
    read(view: DataView, at: number, unknown: boolean): {
      readonly tags: Readonly<Record<string, Tag | undefined>>;
    };
  };
  export default exif;
}

declare module "exifreader/png_text" {
  type Texts = Readonly<Record<string, { readonly value: unknown; readonly description: string }>>;
  const texts: {
    read(
      view: DataView,
      chunks: readonly unknown[],
      async: true,
      unknown: boolean,
      computed: boolean,
      filter: undefined,
      decompress: { readonly deflate: (packed: Uint8Array<ArrayBuffer>) => Promise<Uint8Array> },
    ): { readonly readTags: Texts; readonly readTagsPromise?: Promise<readonly Texts[]> };
  };
  export default texts;
}
