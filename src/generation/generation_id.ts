const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
const LENGTH = 8;

/**
 * Makes a new generation id: `gen-` and eight random characters, safe in a file name. 36^8 values,
 * so two of a thousand live generations clash once in 5 million days of work.
 */
export function newGenerationId(): string {
  let id = "gen-";
  while (id.length < 4 + LENGTH) {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
    // 252 is the largest multiple of 36 in a byte: above it the remainder would be uneven.
    if (byte < 252) id += ALPHABET[byte % ALPHABET.length];
  }
  return id;
}
