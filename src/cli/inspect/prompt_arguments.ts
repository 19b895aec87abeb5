/** The longest argument: Linux allows 128 KiB for one, Windows 32 KiB for all. */
const ARGUMENT_CHARACTERS_MAX = 16 * 1024;

/** How a prompt is given to `generate image`: as an argument, or on standard input. */
export function promptArguments(
  prompt: string,
): { readonly args: readonly string[]; readonly input: string | null } {
  if (prompt.length > ARGUMENT_CHARACTERS_MAX || prompt === "-") {
    // One line break at the end is dropped when it is read.
    return { args: ["--prompt", "-"], input: `${prompt}\n` };
  }
  const args = prompt.startsWith("-") ? [`--prompt=${prompt}`] : ["--prompt", prompt];
  return { args, input: null };
}
