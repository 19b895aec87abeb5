/** Runs the commands of the pages, and follows their links. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { COMMANDS } from "../src/cli/command_table.ts";
import type { CommandGroup } from "../src/cli/command_table.ts";
import { EXIT } from "../src/cli/exit.ts";
import { blocksOf, readPages, readProjectPages } from "./support/doc_pages.ts";
import { copyRepository } from "./support/doc_programs.ts";
import { countShortened, openDocShell, runUntilInterrupted } from "./support/doc_shell.ts";
import { HAS_REDIS } from "./support/redis_server.ts";
import { hasCommand } from "./support/shell.ts";
import { tempDir } from "./support/temp_dir.ts";

/**
 * The blocks that are not run here: the benchmark, systemctl, other addresses, and what only an
 * installation can undo.
 */
const NOT_RUN = 5;
/** Commands that run until Ctrl-C. */
const ENDLESS = 3;
/** How much shorter the waits in a block are here, see `doc_shell.ts`. */
const SHORTENED = 7;

/** A page with more lines than this needs a table of contents. */
const LONG_PAGE = 100;
const MOST_COLUMNS = 4;

const PAGES = readPages();
const BLOCKS = PAGES.flatMap(blocksOf).filter(({ language }) => language === "sh");
/** `first_steps_test.ts` runs them in their order. */
const FIRST_STEPS = BLOCKS.filter(({ mark }) => mark === "first steps");
const RUN = BLOCKS.filter((block) =>
  !FIRST_STEPS.includes(block) && !block.mark?.startsWith("not run: ")
);

Deno.test("docs: nearly every block of commands is run as it is", () => {
  assertEquals(BLOCKS.length - RUN.length - FIRST_STEPS.length, NOT_RUN);
  assertEquals(RUN.filter(({ mark }) => mark === "runs until Ctrl-C").length, ENDLESS);
  assertEquals(RUN.reduce((count, { text }) => count + countShortened(text), 0), SHORTENED);
  assert(BLOCKS.length > 40);
});

Deno.test("docs: where Deno runs or installs the tool, Deno itself writes no escape sequences", async () => {
  const config = await Deno.readTextFile(new URL("../deno.json", import.meta.url));
  for (const text of [config, ...PAGES.map((page) => page.text)]) {
    for (const [line] of text.matchAll(/\bdeno (?:run|install) -.*/g)) {
      assert(line.includes(" --quiet "), line);
    }
  }
});

Deno.test("docs: every relative link leads to a file, and to a heading in it", async () => {
  for (const { path, url, text } of [...PAGES, ...readProjectPages()]) {
    for (const [, target = "", anchor] of text.matchAll(/\]\(([^)#:]*)(?:#([^)]*))?\)/g)) {
      const place = `${path} → ${target}#${anchor ?? ""}`;
      const linked = target === "" ? url : new URL(target, url);
      assert((await Deno.stat(linked)).isFile, place);
      if (anchor === undefined) continue;
      const headings = (await Deno.readTextFile(linked)).matchAll(/^#+ (.+)$/gm);
      assert([...headings].some(([, heading = ""]) => anchorOf(heading) === anchor), place);
    }
  }
});

Deno.test("docs: each page begins with its purpose, long ones have contents, tables are narrow", () => {
  for (const { path, text } of PAGES) {
    const [title = "", first = ""] = text.replace(/^<!--.*-->\n+/, "").split("\n\n");
    assertMatch(title, /^# \S.*$/, path);
    // A paragraph, not a list, a table, a picture or a block of commands.
    assertMatch(first, /^[\p{L}`]/u, path);
    assert(!first.startsWith("```"), path);
    // Links to the headings of the page, as a list or in one paragraph.
    const contents = text.split(/\n\n/).some((part) => (part.match(/\]\(#/g) ?? []).length > 2);
    assert(contents || text.split("\n").length <= LONG_PAGE, `${path} has no contents`);
    for (const [row] of text.matchAll(/^\|.*\|$/gm)) {
      // A bar within code is written as \|.
      const columns = row.replaceAll("\\|", "").split("|").length - 2;
      assert(columns <= MOST_COLUMNS, `${path}: ${row}`);
    }
  }
});

Deno.test("docs: the index lists every page once", () => {
  const index = PAGES.find(({ path }) => path === "docs/README.md")?.text ?? "";
  const listed = [...index.matchAll(/^- \[[^\]]+\]\(([\w-]+\.md)\): \S/gm)].map(([, name]) => name);
  const names = PAGES.map(({ path }) => path.replace(/^docs\//, "")).filter((name) =>
    name !== "README.md"
  );
  assertEquals(listed.toSorted(), names);
});

Deno.test("docs: every command, schema, error code and exit code is described", async () => {
  const pages = new Map(PAGES.map(({ path, text }) => [path, text]));
  for (const path of ["README.md", "docs/exit-codes.md", "docs/json.md"]) {
    for (const command of commandsOf(COMMANDS)) {
      assert(pages.get(path)?.includes(`\`${command}\``), `${path}: ${command}`);
    }
  }
  const json = pages.get("docs/json.md") ?? "";
  for await (const { name } of Deno.readDir(new URL("../schemas/", import.meta.url))) {
    assert(json.includes(`(../schemas/${name})`), name);
  }
  const { properties: { error: { properties: { code } } } } = JSON.parse(
    await Deno.readTextFile(new URL("../schemas/error.v1.json", import.meta.url)),
  );
  const [, errors = ""] = json.split("## Errors\n");
  const told = [...errors.matchAll(/^\| `(\w+)` .*\| (\d+) +\|$/gm)];
  assertEquals(told.map(([, name]) => name).sort(), [...code.enum].sort());
  const [, codes = ""] = (pages.get("docs/exit-codes.md") ?? "").split("# Exit codes\n");
  const exits = [...codes.matchAll(/^\| (\d+) +\|/gm)].map(([, exit]) => Number(exit));
  assertEquals(exits, Object.values(EXIT).sort((a, b) => a - b));
  assert(told.every(([, , exit]) => exits.includes(Number(exit))));
});

Deno.test({
  name: "docs: every command works as it is written",
  // The blocks are for a POSIX shell; some need jq and flock.
  ignore: Deno.build.os === "windows" || !hasCommand("jq") || !hasCommand("flock"),
  fn: async (t) => {
    await using shell = await openDocShell();
    await using files = serveFile(shell.bundle);
    for (const block of RUN) {
      const ignore = block.text.includes("redis-server") && !HAS_REDIS;
      const fn = async (): Promise<void> => {
        await using home = await tempDir();
        await copyRepository(home, shell.bundle);
        const script = shell.start(block.text.replaceAll("https://tools.example", files.url), {
          home,
        });
        const isEndless = block.mark === "runs until Ctrl-C";
        const { code, err } = await (isEndless ? runUntilInterrupted(script) : script.ended);
        assertEquals(code, 0, err);
        assert(!/^(Error|Warning):/m.test(err), err);
        if (block.text.includes("nightly-job")) {
          assert((await Deno.readTextFile(home.join("ran"))).includes("nightly-job"));
        }
      };
      await t.step({ name: block.place, ignore, fn });
    }
  },
});

function commandsOf(group: CommandGroup, path: readonly string[] = []): readonly string[] {
  return Object.entries(group.members).flatMap(([name, member]) => {
    const words = [...path, name];
    return member.kind === "group" ? commandsOf(member, words) : [words.join(" ")];
  });
}

/** The anchor that GitHub makes from a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}

function serveFile(path: string): AsyncDisposable & { readonly url: string } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
    const headers = { "content-type": "text/javascript" };
    return new Response(await Deno.readTextFile(path), { headers });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
