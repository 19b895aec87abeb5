/**
 * Sets aside what a `status` does not use. A bundler writes the functions of all modules side by side,
 * and V8 makes an object of each at every start, twenty for each kilobyte. A module that is loaded
 * later has a function that evaluates it, and V8 only passes over what stands in there.
 */
import { type AnyNode, type FunctionDeclaration, parse, type Program } from "acorn";
import type { Span } from "./eager.ts";

/** A module that is evaluated when it is first asked for: `var init = once(() => { … })`. */
interface LazyModule {
  /** The variable of the function that evaluates it. */
  readonly init: string;
  readonly evaluation: AnyNode & { readonly body: AnyNode };
  /** Its functions, which the bundler has put beside it. */
  readonly functions: FunctionDeclaration[];
  /** The modules that it evaluates before itself. */
  readonly needs: Set<LazyModule>;
}

/** The functions that may move, and where they belong. */
type Owners = Map<Place, LazyModule>;

/** A place from which a function is used: a function, an evaluation, or any other statement. */
type Place = AnyNode;

/**
 * Moves functions of modules that were not evaluated into their evaluations. A function moves only if
 * everything that uses it can run only after that.
 *
 * @param code A module in one file, as `deno bundle` makes it.
 * @param called The functions that were called, evaluations included.
 * @throws {SyntaxError} If it is no module.
 */
export function setAside(code: string, called: readonly Span[]): string {
  const program = parse(code, { ecmaVersion: "latest", sourceType: "module" });
  const isCalled = new Set(called.map(({ start, end }) => `${start}:${end}`));
  const wasCalled = ({ start, end }: Span): boolean => isCalled.has(`${start}:${end}`);
  const { modules, exports } = findModules(program);
  const owners: Owners = new Map();
  for (const module of modules) {
    if (wasCalled(module.evaluation)) continue;
    for (const one of module.functions) if (!wasCalled(one)) owners.set(one, module);
  }
  const uses = findUses(program, { modules, owners });
  const places = new Map(modules.map((module) => [module.evaluation as AnyNode, module]));
  /** Says whether a place runs only after a module was evaluated. */
  function isBehind(place: Place, module: LazyModule): boolean {
    const own = owners.get(place) ?? places.get(place) ?? exports.get(place);
    return own !== undefined && (own === module || isNeeded(module, own));
  }
  for (let before = -1; before !== owners.size;) {
    before = owners.size;
    for (const [one, module] of owners) {
      if (uses.get(one)?.some((place) => !isBehind(place, module))) owners.delete(one);
    }
  }
  return rewrite(code, modules, owners);
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

/** The modules, and the statements that tell others what they export. */
function findModules(
  program: Program,
): { readonly modules: readonly LazyModule[]; readonly exports: ReadonlyMap<Place, LazyModule> } {
  const modules: LazyModule[] = [];
  const exports = new Map<Place, LazyModule>();
  let functions: FunctionDeclaration[] = [];
  let told: Place[] = [];
  for (const statement of program.body) {
    if (statement.type === "FunctionDeclaration") functions.push(statement);
    if (isExport(statement)) told.push(statement);
    const last = statement.type === "VariableDeclaration" ? statement.declarations.at(-1) : null;
    const call = last?.init;
    if (last?.id.type !== "Identifier" || call?.type !== "CallExpression") continue;
    const [evaluation] = call.arguments;
    if (evaluation?.type !== "ArrowFunctionExpression" || evaluation.async) continue;
    if (evaluation.params.length > 0 || evaluation.body.type !== "BlockStatement") continue;
    const module = { init: last.id.name, evaluation, functions, needs: new Set<LazyModule>() };
    modules.push(module);
    for (const one of told) exports.set(one, module);
    [functions, told] = [[], []];
  }
  return { modules, exports };
}

/** `tell(names, { a: () => b, … })` */
function isExport(statement: AnyNode): boolean {
  if (statement.type !== "ExpressionStatement") return false;
  const { expression } = statement;
  if (expression.type !== "CallExpression") return false;
  const [names, getters] = expression.arguments;
  return names?.type === "Identifier" && getters?.type === "ObjectExpression" &&
    getters.properties.every((one) =>
      one.type === "Property" && one.value.type === "ArrowFunctionExpression"
    );
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

/** Goes through a statement; each node gets the place that it is in. Names of fields are left out. */
function visit(node: AnyNode, place: Place, enter: (node: AnyNode, place: Place) => Place): void {
  const inside = enter(node, place);
  for (const [name, value] of Object.entries(node)) {
    const isField = (name === "property" || name === "key") && "computed" in node &&
      !node.computed && !("shorthand" in node && node.shorthand);
    if (isField) continue;
    for (const child of [value].flat()) if (isNode(child)) visit(child, inside, enter);
  }
}

function isNode(value: unknown): value is AnyNode {
  return value instanceof Object && "type" in value && typeof value.type === "string";
}

function rewrite(
  code: string,
  modules: readonly LazyModule[],
  owners: Owners,
): string {
  let [text, next] = ["", 0];
  const names: string[] = [];
  for (const { evaluation, functions } of modules) {
    let moved = "";
    for (const one of functions) {
      if (!owners.has(one)) continue;
      text += code.slice(next, one.start);
      next = one.end;
      const kind = `${one.async ? "async " : ""}function${one.generator ? "*" : ""}`;
      moved += `${one.id.name}=${kind}${code.slice(one.id.end, one.end)};`;
      names.push(one.id.name);
    }
    if (moved === "") continue;
    text += code.slice(next, evaluation.body.start + 1) + moved;
    next = evaluation.body.start + 1;
  }
  const variables = names.length === 0 ? "" : `var ${names.join(",")};\n`;
  return variables + text + code.slice(next);
}
