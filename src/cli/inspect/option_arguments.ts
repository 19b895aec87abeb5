/** How the value of an option is written on a command line. */

/** How JavaScript writes a number that is close to zero. */
const TINY = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/;

/** One argument with `=`, if the value could be taken for an option. */
export function optionArguments(option: string, text: string): readonly string[] {
  return text.startsWith("-") ? [`${option}=${text}`] : [option, text];
}

/** A number without an exponent, as options take it: `1e-7` is `0.0000001`. */
export function decimalText(value: number): string {
  const [whole, sign, first, more = "", zeros] = TINY.exec(String(value)) ?? [];
  if (whole === undefined) return String(value);
  return `${sign}0.${"0".repeat(Number(zeros) - 1)}${first}${more}`;
}
