const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
const LENGTH = 8;

/** Makes a new id of a claim: `claim-` and eight random characters. */
export function newClaimId(): string {
  return `claim-${randomCharacters()}`;
}

/**
 * Makes a new generation id: `gen-` and eight random characters, safe in a file name. There are
 * 36^8 values, so among a thousand live generations two get the same id once in 5 million days of
 * work.
 */
export function newGenerationId(): string {
  return `gen-${randomCharacters()}`;
}

function randomCharacters(): string {
  let text = "";
  while (text.length < LENGTH) {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
    // 252 is the largest multiple of 36 in a byte; values above it would make some characters more
    // likely.
    if (byte < 252) text += ALPHABET[byte % ALPHABET.length];
  }
  return text;
}
