/** Longer arguments no system takes: Linux gives 128 KiB to one, Windows 32 KiB to all. */
const ARGUMENT_CHARACTERS_MAX = 16 * 1024;

/** How a prompt is given to `generate image`: as an argument, or on standard input. */
export function promptArguments(
  prompt: string,
): { readonly args: readonly string[]; readonly input: string | null } {
  if (prompt.length > ARGUMENT_CHARACTERS_MAX || prompt === "-") {
    // One line break at its end is dropped again.
    return { args: ["--prompt", "-"], input: `${prompt}\n` };
  }
  const args = prompt.startsWith("-") ? [`--prompt=${prompt}`] : ["--prompt", prompt];
  return { args, input: null };
}
