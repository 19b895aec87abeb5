/** Reads the pages: those for users (the README and `docs/`), and those about the project. */

const ROOT = new URL("../../", import.meta.url);

/** A page. */
export interface Page {
  /** From the project's root: `docs/json.md`. */
  readonly path: string;
  readonly url: URL;
  readonly text: string;
}

/** A fenced block of a page. */
export interface Block {
  /** `docs/json.md:12` */
  readonly place: string;
  /** `sh`, `json`, … */
  readonly language: string;
  readonly text: string;
  /** The comment before it: `not run: why`, `runs until Ctrl-C`. */
  readonly mark: string | null;
}

/** Reads the pages for users, in the order of their names. Requires `--allow-read`. */
export function readPages(): readonly Page[] {
  const names = [...Deno.readDirSync(new URL("docs/", ROOT))].map(({ name }) => name);
  const pages = names.filter((name) => name.endsWith(".md")).sort();
  return ["README.md", ...pages.map((name) => `docs/${name}`)].map(readPage);
}

/** Reads the pages about the project, whose commands are not run. Requires `--allow-read`. */
export function readProjectPages(): readonly Page[] {
  return ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "tests/README.md"].map(readPage);
}

function readPage(path: string): Page {
  const url = new URL(path, ROOT);
  return { path, url, text: Deno.readTextFileSync(url) };
}

/** Finds the fenced blocks of a page that name a language. */
export function blocksOf({ path, text }: Page): readonly Block[] {
  const fence = /(?:<!-- (.+) -->\n+)?^```(\w+)\n([^]*?)^```$/gm;
  return [...text.matchAll(fence)].map((match) => ({
    place: `${path}:${text.slice(0, match.index).split("\n").length}`,
    language: match[2] ?? "",
    text: match[3] ?? "",
    mark: match[1] ?? null,
  }));
}
