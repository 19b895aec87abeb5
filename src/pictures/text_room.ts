/** How much is read of the texts of one picture: a small file may hold gigabytes of nothing. */

/** All texts of a PNG together, packed and unpacked, in bytes. */
const ALL_BYTES_MAX = 16 * 1024 * 1024;
/** EXIF, whose tags may name the same bytes four times, and which takes 16 bytes of memory for each. */
const EXIF_BYTES_MAX = 2 * 1024 * 1024;
/** Programs that make pictures write fewer than ten texts. */
const COUNT_MAX = 1_000;

/** Counts what is read of the texts of one picture. */
export class TextRoom {
  #bytes = 0;
  #count = 0;
  #limit: string | null = null;

  /** The limit that was reached: from then on, nothing is read; `null`: none. */
  get limit(): string | null {
    return this.#limit;
  }

  /** Counts one text more; `false`: it is not to be read. */
  begin(): boolean {
    return this.#isWithin(++this.#count <= COUNT_MAX, `more than ${COUNT_MAX} texts`);
  }

  /** Counts bytes of a text, packed or not; `false`: the text is left out. */
  take(bytes: number): boolean {
    this.#bytes += bytes;
    return this.#isWithin(this.#bytes <= ALL_BYTES_MAX, `more than ${mib(ALL_BYTES_MAX)} of texts`);
  }

  /** Says whether so many bytes of EXIF are to be read. */
  takeExif(bytes: number): boolean {
    return this.#isWithin(bytes <= EXIF_BYTES_MAX, `more than ${mib(EXIF_BYTES_MAX)} of EXIF`);
  }

  #isWithin(isWithin: boolean, limit: string): boolean {
    if (!isWithin) this.#limit ??= limit;
    return this.#limit === null;
  }
}

function mib(bytes: number): string {
  return `${bytes / 1024 / 1024} MiB`;
}
