/** Draws a terminal as an SVG: the printed lines in their colours. Pure. */

const COLUMN_WIDTH = 8.4;
const LINE_HEIGHT = 19;
const MARGIN = 20;
const TITLE_BAR = 34;
const COLUMNS = 80;

/**
 * SGR codes of the tool, and that of the prompt, as colours that are readable on a dark background.
 */
const COLORS: ReadonlyMap<string, string> = new Map([
  ["31", "#ff7b72"],
  ["32", "#7ee787"],
  ["33", "#f2cc60"],
  ["35", "#d2a8ff"],
  ["36", "#79c0ff"],
]);

/**
 * Makes the SVG; it ends with a line break.
 *
 * @param text The printed text; the only escape sequences allowed in it are colours.
 * @param about.title For people who cannot see the picture.
 */
export function terminalSvg(text: string, about: { readonly title: string }): string {
  const lines = text.trimEnd().split("\n");
  const width = Math.ceil(COLUMNS * COLUMN_WIDTH + 2 * MARGIN);
  const height = TITLE_BAR + lines.length * LINE_HEIGHT + MARGIN;
  const drawn = lines.flatMap((line, index) => {
    const y = TITLE_BAR + (index + 1) * LINE_HEIGHT - 5;
    return line === "" ? [] : [`    <text x="${MARGIN}" y="${y}">${spans(line)}</text>`];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" role="img">`,
    `  <title>${escape(about.title)}</title>`,
    `  <rect width="${width}" height="${height}" rx="8" fill="#0d1117" stroke="#30363d"/>`,
    ...["#ff5f57", "#febc2e", "#28c840"].map((color, index) =>
      `  <circle cx="${MARGIN + 4 + index * 20}" cy="18" r="6" fill="${color}"/>`
    ),
    `  <g fill="#e6edf3" font-size="14" xml:space="preserve" ` +
    `font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace">`,
    ...drawn,
    "  </g>",
    "</svg>",
    "",
  ].join("\n");
}

/** A line with its colours; `39` ends each. */
function spans(line: string): string {
  // deno-lint-ignore no-control-regex
  const colored = line.replace(/\x1b\[(3\d)m([^\x1b]*)\x1b\[39m/g, (_match, code, words) => {
    const color = COLORS.get(code);
    if (color === undefined) throw new Error(`Cannot draw the colour ${code}`);
    return `\uE000${color}\uE001${words}\uE002`;
  });
  if (colored.includes("\x1b")) throw new Error(`Cannot draw ${JSON.stringify(line)}`);
  return escape(colored)
    .replaceAll("\uE000", '<tspan fill="').replaceAll("\uE001", '">')
    .replaceAll("\uE002", "</tspan>");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
