/**
 * Sets aside what a `status` does not use. A bundler writes the variables and functions of all modules
 * side by side, and V8 makes all of them at every start. So the modules that were not evaluated move
 * into functions, which V8 passes over. Each holds several modules: one for each module costs every
 * start more, and one for all costs the other commands more, because V8 must read the whole of it.
 */
import { type AnyNode, parse, type Program } from "acorn";
import type { Span } from "./rewrite.ts";
import { evaluationOf, findModules, namesOf, visit } from "./lazy_modules.ts";
import type { LazyModule, Place } from "./lazy_modules.ts";

/** From this size on, a function takes no further module; measured: half and twice cost the same. */
const CHUNK_BYTES = 10_000;

/** The functions that may move, and where they belong. */
type Owners = Map<Place, LazyModule>;

/**
 * Moves modules that were not evaluated into functions, which run when the first of their modules is
 * asked for. A function of a module moves with it only if everything that uses it can run only after
 * the evaluation.
 *
 * @param code A module in one file, as `deno bundle` makes it.
 * @param called The functions that were called, evaluations included.
 * @param chunkBytes How much the functions take before the next one begins.
 * @throws {SyntaxError} If it is not a module.
 */
export function setAside(
  code: string,
  called: readonly Span[],
  chunkBytes: number = CHUNK_BYTES,
): string {
  const program = parse(code, { ecmaVersion: "latest", sourceType: "module" });
  const isCalled = new Set(called.map(({ start, end }) => `${start}:${end}`));
  const wasCalled = ({ start, end }: Span): boolean => isCalled.has(`${start}:${end}`);
  const modules = findModules(program);
  const moving = modules.filter(({ evaluation }) => !wasCalled(evaluation));
  const owners: Owners = new Map();
  for (const module of moving) {
    for (const one of module.functions) if (!wasCalled(one)) owners.set(one, module);
  }
  const uses = findUses(program, { modules, owners });
  const places = new Map(
    modules.flatMap((one) => [one.evaluation, ...one.exports].map((place) => [place, one])),
  );
  /** Says whether a place runs only after a module was evaluated. */
  function isBehind(place: Place, module: LazyModule): boolean {
    const own = owners.get(place) ?? places.get(place);
    return own !== undefined && (own === module || isNeeded(module, own));
  }
  for (let before = -1; before !== owners.size;) {
    before = owners.size;
    for (const [one, module] of owners) {
      if (uses.get(one)?.some((place) => !isBehind(place, module))) owners.delete(one);
    }
  }
  return rewrite(code, program, chunksOf(moving, owners, chunkBytes));
}

/** Says whether a module is evaluated before another. */
function isNeeded(module: LazyModule, by: LazyModule): boolean {
  const seen = new Set<LazyModule>();
  const open = [by];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === module) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...next.needs);
  }
  return false;
}

/** Finds the places that use functions, and fills in what modules need. */
function findUses(program: Program, { modules, owners }: {
  readonly modules: readonly LazyModule[];
  readonly owners: Owners;
}): ReadonlyMap<Place, readonly Place[]> {
  const evaluations = new Map(modules.map((one) => [one.evaluation as AnyNode, one]));
  const byInit = new Map(modules.map((one) => [one.init, one]));
  const byName = new Map(
    modules.flatMap(({ functions }) => functions).filter((one) => owners.has(one)).map((
      one,
    ) => [one.id.name, one]),
  );
  const uses = new Map<Place, Place[]>();
  for (const statement of program.body) {
    visit(statement, statement, (node, place) => {
      if (node.type === "Identifier") {
        const target = byName.get(node.name);
        if (target !== undefined && target !== place) {
          uses.set(target, [...uses.get(target) ?? [], place]);
        }
        const needed = byInit.get(node.name);
        if (needed !== undefined) evaluations.get(place)?.needs.add(needed);
      }
      return evaluations.has(node) ? node : place;
    });
  }
  return uses;
}

/** Says for each statement that moves into which of the functions. */
function chunksOf(
  modules: readonly LazyModule[],
  owners: Owners,
  chunkBytes: number,
): ReadonlyMap<AnyNode, number> {
  const chunks = new Map<AnyNode, number>();
  let [chunk, bytes] = [0, 0];
  for (const { statement, exports, functions } of modules) {
    const moved = [...functions.filter((one) => owners.has(one)), ...exports, statement];
    for (const one of moved) {
      chunks.set(one, chunk);
      bytes += one.end - one.start;
    }
    if (bytes >= chunkBytes) [chunk, bytes] = [chunk + 1, 0];
  }
  return chunks;
}

function rewrite(
  code: string,
  program: Program,
  chunks: ReadonlyMap<AnyNode, number>,
): string {
  let prefix = "aside";
  while (code.includes(prefix)) prefix += "_";
  const homes = new Map<string, number>();
  const inits = new Set<string>();
  for (const [statement, chunk] of chunks) {
    for (const name of namesOf(statement)) homes.set(name, chunk);
    if (evaluationOf(statement) !== null) inits.add(namesOf(statement).at(-1) ?? "");
  }
  /** Names that are used outside their function. */
  const shared = new Set<string>();
  /** A statement's code, which first runs the functions whose modules it evaluates. */
  const codes = new Map<AnyNode, (span: Span) => string>();
  for (const statement of program.body) {
    const own = chunks.get(statement);
    const calls: { readonly at: number; readonly text: string }[] = [];
    visit(statement, statement, (node, place) => {
      if (node.type === "Identifier" && homes.has(node.name) && homes.get(node.name) !== own) {
        shared.add(node.name);
      }
      const name = node.type === "CallExpression" && node.callee.type === "Identifier"
        ? node.callee.name
        : "";
      if (inits.has(name) && homes.get(name) !== own) {
        const text = `(${prefix}${homes.get(name)}(),`;
        calls.push({ at: node.start, text }, { at: node.end, text: ")" });
      }
      return place;
    });
    codes.set(statement, (span) => inserted(code, calls, span));
  }
  let [kept, next] = ["", 0];
  const names: string[][] = [];
  const bodies: string[] = [];
  for (const statement of program.body) {
    const [chunk, codeOf] = [chunks.get(statement), codes.get(statement) ?? (() => "")];
    kept += code.slice(next, statement.start);
    next = statement.end;
    if (chunk === undefined) {
      kept += codeOf(statement);
      continue;
    }
    const own = namesOf(statement).filter((name) => !shared.has(name));
    const isOwn = statement.type === "FunctionDeclaration" && own.length > 0;
    const body = isOwn ? codeOf(statement) : moved(statement, codeOf);
    bodies[chunk] = `${bodies[chunk] ?? ""}${body}\n`;
    (names[chunk] ??= []).push(...isOwn ? [] : own);
  }
  const functions = bodies.map((body, chunk) => {
    const name = `${prefix}${chunk}`;
    return `function ${name}(){${name}=()=>{};${declared(names[chunk] ?? [])}${body}}\n`;
  });
  return `${declared([...shared])}${kept}${code.slice(next)}\n${functions.join("")}`;
}

/** A statement that gives its names, which are declared elsewhere, their values. */
function moved(statement: AnyNode, codeOf: (span: Span) => string): string {
  if (statement.type === "VariableDeclaration") {
    const given = statement.declarations.filter(({ init }) => init);
    return given.map((one) => `${codeOf(one)};`).join("");
  }
  if (statement.type !== "FunctionDeclaration") return codeOf(statement);
  const { id, async, generator, end } = statement;
  const kind = `${async ? "async " : ""}function${generator ? "*" : ""}`;
  return `${id?.name}=${kind}${codeOf({ start: id?.end ?? end, end })};`;
}

function declared(names: readonly string[]): string {
  return names.length === 0 ? "" : `var ${names.join(",")};\n`;
}

/** A part of the code with insertions, which are in the order of their places. */
function inserted(
  code: string,
  insertions: readonly { readonly at: number; readonly text: string }[],
  { start, end }: Span,
): string {
  let [text, next] = ["", start];
  for (const { at, text: added } of insertions.toSorted((a, b) => a.at - b.at)) {
    if (at < start || at > end) continue;
    text += code.slice(next, at) + added;
    next = at;
  }
  return text + code.slice(next, end);
}
