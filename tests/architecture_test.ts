/**
 * The import rules of the architecture, the purity of the core, and what `status` loads at its
 * start.
 */
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

/**
 * What `main.ts`, `src/adapters.ts` and each folder of `src/` may import, besides itself and
 * `EVERYBODYS`. The adapters `swarm`, `state`, `network` and `pictures` implement ports that the core declares,
 * may use `system`, and never import each other.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ["adapters", "cli", "settings", "system"],
  adapters: [
    "cli",
    "generation",
    "network",
    "pictures",
    "serve",
    "settings",
    "state",
    "swarm",
    "system",
    "simulator",
  ],
  generation: [],
  detection: ["generation"],
  catalog: ["generation", "detection"],
  doctor: ["generation", "detection"],
  render: ["generation", "detection", "doctor", "catalog"],
  cli: ["generation", "detection", "doctor", "catalog", "render"],
  swarm: ["generation", "detection", "doctor", "catalog", "system"],
  state: ["generation", "detection", "doctor", "system"],
  network: ["generation", "system"],
  pictures: ["generation", "system"],
  settings: ["system"],
  serve: ["generation", "detection", "render", "system"],
  system: ["generation"],
  simulator: ["generation"],
};

/** The same for the rooms of an adapter; files beside the rooms are open to all of them. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  "swarm/wire": [],
  "swarm/http": ["swarm/wire"],
  "swarm/socket": ["swarm/wire", "swarm/http"],
  "swarm/questions": ["swarm/wire", "swarm/http"],
  "swarm/images": ["swarm/wire", "swarm/http", "swarm/socket"],
  "state/private": ["state/records"],
  "state/records": ["state/private"],
  "state/places": ["state/private", "state/records"],
};

/** The files beside the folders, which all of them may import. */
const EVERYBODYS = ["cut_text", "errors", "hide_secrets", "json_object"];

/** The folders whose code has no access to the world outside. */
const PURE = ["generation", "detection", "doctor", "catalog", "render", "cli"];

interface Import {
  /** `src/cli/parse.ts`, or a package. */
  readonly target: string;
  readonly isLazy: boolean;
  readonly isTypeOnly: boolean;
}

interface Source {
  /** `src/cli/program.ts` */
  readonly path: string;
  /** Without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

const SOURCES = readSources();

Deno.test("architecture: every folder of src/ has its import rules", () => {
  const folders = new Set(SOURCES.map(({ path }) => folderOf(path)));
  assertEquals([...folders].filter((folder) => !(folder in MAY_IMPORT)).sort(), EVERYBODYS);
});

Deno.test("architecture: no import breaks the rules", () => {
  const wrong = SOURCES.flatMap(({ path, imports }) =>
    imports
      .filter(({ target }) => target.startsWith("src/") || target === "main.ts")
      .filter(({ target }) => !isAllowed(folderOf(path), folderOf(target)))
      .map(({ target }) => `${path} → ${target}`)
  );
  assertEquals(wrong, []);
});

Deno.test("architecture: no import breaks the rules between an adapter's rooms", () => {
  const rooms = new Set(SOURCES.map(({ path }) => roomOf(path)).filter((room) => room !== null));
  assertEquals([...rooms].sort(), Object.keys(ROOMS).sort());
  const wrong = SOURCES.flatMap(({ path, imports }) => {
    const from = roomOf(path);
    return imports.filter(({ target }) => {
      const to = roomOf(target);
      return from !== null && to !== null && from !== to && !ROOMS[from]?.includes(to);
    }).map(({ target }) => `${path} → ${target}`);
  });
  assertEquals(wrong, []);
});

Deno.test("architecture: every import leads to a file, or to a package of deno.json", () => {
  const paths = new Set(SOURCES.map(({ path }) => path));
  const packages = Object.keys(readJson("deno.json", "imports"));
  const lost = SOURCES.flatMap(({ path, imports }) =>
    imports.filter(({ target }) =>
      !paths.has(target) && !packages.includes(target) && !isOtherFile(target)
    )
      .map(({ target }) => `${path} → ${target}`)
  );
  assertEquals(lost, []);
});

Deno.test("architecture: the core and the command line reach the outside through ports only", () => {
  const outside = /\bDeno\s*\.|\bfetch\s*\(|\bnew\s+WebSocket\b|\bconsole\s*\.|\bprocess\s*\./;
  assertEquals(findCode(outside, ({ path }) => PURE.includes(folderOf(path))), []);
});

Deno.test("architecture: the core waits and looks at the time by its clock only", () => {
  const time =
    /\bDate\.now\s*\(|\bnew\s+Date\s*\(\s*\)|\bsetTimeout\b|\bsetInterval\b|\bperformance\./;
  assertEquals(findCode(time, ({ path }) => PURE.includes(folderOf(path))), []);
});

Deno.test("architecture: only main.ts ends the process", () => {
  const found = findCode(/\bDeno\s*\.\s*(exit|exitCode)\b/, () => true);
  assertEquals(found.filter((line) => !line.startsWith("main.ts: ")), []);
});

Deno.test("architecture: nothing of Node is used", () => {
  const nodes = SOURCES.flatMap(({ path, imports }) =>
    imports.filter(({ target }) => target.startsWith("node:")).map(({ target }) =>
      `${path} → ${target}`
    )
  );
  assertEquals(nodes, []);
  assertEquals(findCode(/\bglobalThis\s*\.\s*process\b|\bBuffer\s*\./, () => true), []);
});

Deno.test("architecture: everything is printed through the terminal", () => {
  const printing = /\bconsole\s*\.|\bDeno\s*\.\s*(stdout|stderr)\b/;
  const found = findCode(printing, () => true);
  assertEquals(found.filter((line) => !line.startsWith("src/system/system_terminal.ts: ")), []);
});

Deno.test("architecture: no circular imports", () => {
  assertEquals(findCircles(), []);
});

Deno.test("architecture: status loads nothing of other commands, the simulator or YAML", () => {
  const loaded = loadedByStatus();
  const files = loaded.filter((path) => path.endsWith(".ts"));
  console.log(`status loads ${files.length} files and ${countLines(files)} lines`);
  // The project's goal is 60 files and 5,500 lines.
  assert(
    files.length <= 74,
    "load what is rarely needed with import(), or join what belongs together",
  );
  const unwanted = loaded.filter((target) =>
    ["simulator", "doctor", "pictures", "catalog", "serve"].includes(folderOf(target)) ||
    /^src\/cli\/(commands\/(?!status\.ts$)|(cancel|complete|doctor|generate|lists|serve|simulate|wait|watch)\/)/
      .test(
        target,
      ) ||
    /^src\/cli\/help\.ts/.test(target) ||
    /^src\/render\/(cancel|doctor|event|generation|progress|wait)_(text|document)/.test(
      target,
    ) ||
    /^src\/(render\/yaml|system\/(output_file|replace_file|listening))\.ts$/.test(target) ||
    /^src\/(system\/file_lock|state\/(no_user_scope|private\/owner_locks|state_change|.*_(changes|watcher|hold)|.*\/(sweep|\w+_log)))\.ts$/
      .test(target) ||
    /doctor|^src\/(state\/places|swarm\/(images|socket))\//.test(target) ||
    // What is needed only where something is given, refused or kept.
    /^src\/(cli\/credentials|state\/private\/make_private_directory|swarm\/wire\/(api_reply|comfy_reply|failure_error|routes))\.ts$/
      .test(target) ||
    // What is needed only where there is something to read, to print for people, or amiss.
    /^src\/(settings\/read_config_file|state\/records\/(read_state_records|record_files|state_codec|state_file)|generation\/record_codec|render\/(status|server)_text|swarm\/http\/network_problem)\.ts$/
      .test(target)
  );
  assertEquals(unwanted, []);
  const packages = loaded.filter((target) => !target.endsWith(".ts"));
  assertEquals(packages, []);
});

Deno.test("architecture: no Intl on the path of status, which alone costs 20 ms", () => {
  const loaded = new Set(loadedByStatus());
  const intl = /\bIntl\s*\.|\.(toLocale\w*|localeCompare|normalize)\s*\(/;
  assertEquals(findCode(intl, ({ path }) => loaded.has(path)), []);
});

/** A file that is imported as text or as JSON. */
function isOtherFile(target: string): boolean {
  return /^(src|schemas)\/.*\.(html|css|js|json)$/.test(target) &&
    Deno.statSync(new URL(target, ROOT)).isFile;
}

function isAllowed(from: string, to: string): boolean {
  return from === to || EVERYBODYS.includes(to) || (MAY_IMPORT[from]?.includes(to) ?? false);
}

/** `src/cli/commands/status.ts` → `cli`; `src/errors.ts` → `errors`; `main.ts` → `main`. */
function folderOf(path: string): string {
  return (path.split("/")[path.startsWith("src/") ? 1 : 0] ?? "").replace(/\.ts$/, "");
}

/** `src/swarm/wire/routes.ts` → `swarm/wire`; `null` if the file is in no room of an adapter. */
function roomOf(path: string): string | null {
  return /^src\/((?:swarm|state)\/[^/]+)\//.exec(path)?.[1] ?? null;
}

function loadedByStatus(): readonly string[] {
  return reachable(["main.ts", "src/cli/commands/status.ts"]);
}

function countLines(paths: readonly string[]): number {
  const texts = paths.map((path) => Deno.readTextFileSync(new URL(path, ROOT)));
  return texts.reduce((sum, text) => sum + text.split("\n").length - 1, 0);
}

/**
 * Files that import each other, types included; each circle once, in the order of its imports. A
 * file that is loaded later may import types of the file that loads it: the two belong together.
 */
function findCircles(): readonly (readonly string[])[] {
  const circles: (readonly string[])[] = [];
  const done = new Set<string>();
  function visit(path: string, way: readonly string[]): void {
    const at = way.indexOf(path);
    if (at >= 0) circles.push([...way.slice(at), path]);
    if (at >= 0 || done.has(path)) return;
    const source = SOURCES.find((one) => one.path === path);
    const imports = source?.imports.filter(({ isLazy }) => !isLazy) ?? [];
    for (const { target } of imports) visit(target, [...way, path]);
    done.add(path);
  }
  for (const { path } of SOURCES) visit(path, []);
  return circles;
}

/**
 * Everything that is loaded with some files, by imports that are neither lazy nor only of types.
 */
function reachable(from: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const open = [...from];
  for (let target = open.pop(); target !== undefined; target = open.pop()) {
    if (found.has(target)) continue;
    found.add(target);
    const source = SOURCES.find(({ path }) => path === target);
    for (const each of source?.imports ?? []) {
      if (!each.isLazy && !each.isTypeOnly) open.push(each.target);
    }
  }
  return [...found];
}

/** The lines of code that match, as `path: line`. */
function findCode(pattern: RegExp, isMeant: (source: Source) => boolean): readonly string[] {
  return SOURCES.filter(isMeant).flatMap(({ path, code }) =>
    code.split("\n").filter((line) => pattern.test(line)).map((line) => `${path}: ${line.trim()}`)
  );
}

function readSources(): readonly Source[] {
  return ["main.ts", ...listFiles("src")].map((path) => {
    const code = withoutComments(Deno.readTextFileSync(new URL(path, ROOT)));
    return { path, code, imports: readImports(path, code) };
  });
}

function listFiles(folder: string): readonly string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return listFiles(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}

/**
 * Replaces comments by blanks. Something in a string that looks like a comment goes too, which does
 * not matter here.
 */
function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

function readImports(path: string, code: string): readonly Import[] {
  const pattern =
    /\b(?:import|export)\s+(?:(type)\s+)?(?:([\w*{}\s,$]+?)\s+from\s+)?"([^"]+)"|\bimport\s*\(\s*"([^"]+)"\s*\)/g;
  return [...code.matchAll(pattern)].map(([, type, names = "", specifier, lazy]) => ({
    target: resolve(path, specifier ?? lazy ?? ""),
    isLazy: lazy !== undefined,
    isTypeOnly: type !== undefined || importsTypesOnly(names),
  }));
}

/** Says whether all of `{ type A, type B }` are types. */
function importsTypesOnly(names: string): boolean {
  const inner = /^\s*\{([^}]*)\}\s*$/.exec(names)?.[1];
  const each = inner?.split(",").map((name) => name.trim()).filter((name) => name !== "") ?? [];
  return each.length > 0 && each.every((name) => name.startsWith("type "));
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier, new URL(from, ROOT)).href.slice(ROOT.href.length);
}

function readJson(path: string, key: string): object {
  const value: unknown = JSON.parse(Deno.readTextFileSync(new URL(path, ROOT)));
  const found = value instanceof Object
    ? Object.entries(value).find(([name]) => name === key)
    : null;
  return found?.[1] instanceof Object ? found[1] : {};
}
