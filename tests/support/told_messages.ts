/**
 * Everything that is printed on stderr in the exit-code tests, as one page for readers:
 * `tests/fixtures/expected/messages.txt`. Each situation is a section that is compared by itself,
 * so that one test can be run alone.
 */
import { assert, assertEquals } from "@std/assert";
import { readExpected, writeExpected } from "./expected_text.ts";

const FILE = "messages.txt";

/** One command line and its result. */
export interface Told {
  /** The command line without the program's name. */
  readonly line: string;
  readonly code: number;
  readonly err: string;
}

/**
 * Compares the messages of one situation with its section of the page exactly. With
 * `UPDATE_EXPECTED=1` in the environment it writes the section instead: read the difference.
 *
 * @param trouble The section's heading.
 * @param about.order All headings; only those stay on the page, in this order.
 * @param about.changing Texts that differ from run to run, and their replacements on the page.
 */
export async function assertMessages(
  trouble: string,
  told: readonly Told[],
  { order, changing }: {
    readonly order: readonly string[];
    readonly changing: Readonly<Record<string, string>>;
  },
): Promise<void> {
  for (const { err } of told) assertPlain(err);
  const sections = splitSections(await readExpected(FILE) ?? "");
  const found = Object.entries(changing)
    .toSorted(([a], [b]) => b.length - a.length)
    .reduce((text, [value, stands]) => text.replaceAll(value, stands), sectionText(told));
  if (Deno.env.get("UPDATE_EXPECTED") === "1") {
    const updated = new Map(sections).set(trouble, found);
    const page = order.flatMap((heading) => {
      const text = updated.get(heading);
      return text === undefined ? [] : [`# ${heading}\n\n${text}`];
    });
    await writeExpected(FILE, page.join("\n"));
    return;
  }
  const hint = `${FILE}, "${trouble}" (UPDATE_EXPECTED=1 writes it anew)`;
  assertEquals(found, sections.get(trouble), hint);
}

/** The headings of the page, in its order. */
export async function messageHeadings(): Promise<readonly string[]> {
  return [...splitSections(await readExpected(FILE) ?? "").keys()];
}

/** The rules for every message. */
function assertPlain(err: string): void {
  const lines = err.split("\n").slice(0, -1);
  assert(lines.filter((line) => line.startsWith("Error: ")).length <= 1, `two errors:\n${err}`);
  // Words of the user, and names of others, may be anything.
  for (const line of lines.map((line) => line.replaceAll(/"[^"]*"/g, '"…"'))) {
    // Advice is in brackets at the end, once.
    assertEquals(line.match(/\)[.,]? \(|\(\(|\)\)$/), null, `advises twice: ${line}`);
    assertEquals(line.match(/[!.?]: |\.\.|: :| {2}|\bnull\b|\bundefined\b/), null, line);
    assert(!/^(?:Error|Warning): .*[.!]$/.test(line), `ends with a full stop: ${line}`);
  }
}

/** Command lines with the same answer are shown together. */
function sectionText(told: readonly Told[]): string {
  const answers = Map.groupBy(told, ({ code, err }) => `${err}[exit code ${code}]`);
  return [...answers].map(([answer, lines]) =>
    `${lines.map(({ line }) => `$ asset-generator ${line}\n`).join("")}${answer}\n`
  ).join("\n");
}

function splitSections(page: string): Map<string, string> {
  const parts = page.split(/^# (.+)\n\n/m).slice(1);
  const sections = new Map<string, string>();
  for (let index = 0; index + 1 < parts.length; index += 2) {
    sections.set(parts[index] ?? "", `${(parts[index + 1] ?? "").trimEnd()}\n`);
  }
  return sections;
}
