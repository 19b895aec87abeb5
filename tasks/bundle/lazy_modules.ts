/**
 * Finds the modules in a file that `deno bundle` made. It writes a module that is loaded later as its
 * functions, what it exports, and its variables with a function that evaluates it.
 */
import type { AnyNode, FunctionDeclaration, Program } from "acorn";
import { isNode } from "./rewrite.ts";

/** A module that is evaluated when it is first asked for: `var init = once(() => { … })`. */
export interface LazyModule {
  /** The variable of the function that evaluates it. */
  readonly init: string;
  readonly evaluation: AnyNode;
  readonly statement: AnyNode;
  /** The statements before it that tell others what it exports. */
  readonly exports: readonly AnyNode[];
  /** Its functions, which the bundler has put beside it. */
  readonly functions: FunctionDeclaration[];
  /** The modules that it evaluates before itself. */
  readonly needs: Set<LazyModule>;
}

/** A place from which a function is used: a function, an evaluation, or any other statement. */
export type Place = AnyNode;

/** Finds all modules that are loaded later; what they need is not known yet. */
export function findModules(program: Program): readonly LazyModule[] {
  const modules: LazyModule[] = [];
  let functions: FunctionDeclaration[] = [];
  let exports: AnyNode[] = [];
  for (const [index, statement] of program.body.entries()) {
    if (statement.type === "FunctionDeclaration") functions.push(statement);
    const next = program.body[index + 1];
    if (next !== undefined && isExport(statement, next)) exports.push(statement, next);
    const init = namesOf(statement).at(-1);
    const evaluation = evaluationOf(statement);
    if (init === undefined || evaluation === null) continue;
    modules.push({ init, evaluation, statement, exports, functions, needs: new Set() });
    [functions, exports] = [[], []];
  }
  return modules;
}

/** The function in `var x, init = once(() => { … })`; `null` in any other statement. */
export function evaluationOf(statement: AnyNode): AnyNode | null {
  if (statement.type !== "VariableDeclaration") return null;
  const call = statement.declarations.at(-1)?.init;
  const [evaluation] = call?.type === "CallExpression" ? call.arguments : [];
  return evaluation?.type === "ArrowFunctionExpression" && !evaluation.async &&
      evaluation.params.length === 0 && evaluation.body.type === "BlockStatement"
    ? evaluation
    : null;
}

/** The variables or the function that a statement declares; none if it declares a pattern. */
export function namesOf(statement: AnyNode): readonly string[] {
  if (statement.type === "FunctionDeclaration") return [statement.id?.name ?? ""];
  if (statement.type !== "VariableDeclaration") return [];
  const names = statement.declarations.map(({ id }) => id.type === "Identifier" ? id.name : null);
  return names.every((name) => name !== null) ? names : [];
}

/** `var names = {}; tell(names, { a: () => b, … });` */
function isExport(first: AnyNode, second: AnyNode): boolean {
  if (first.type !== "VariableDeclaration" || second.type !== "ExpressionStatement") return false;
  const [declaration, ...others] = first.declarations;
  const { expression } = second;
  if (others.length > 0 || declaration?.id.type !== "Identifier") return false;
  if (expression.type !== "CallExpression") return false;
  const [names, getters] = expression.arguments;
  return names?.type === "Identifier" && names.name === declaration.id.name &&
    getters?.type === "ObjectExpression" &&
    getters.properties.every((one) =>
      one.type === "Property" && one.value.type === "ArrowFunctionExpression"
    );
}

/** Goes through a statement; each node gets the place that it is in. Names of fields are left out. */
export function visit(
  node: AnyNode,
  place: Place,
  enter: (node: AnyNode, place: Place) => Place,
): void {
  const inside = enter(node, place);
  for (const [name, value] of Object.entries(node)) {
    const isField = (name === "property" || name === "key") && "computed" in node &&
      !node.computed && !("shorthand" in node && node.shorthand);
    if (isField) continue;
    for (const child of [value].flat()) if (isNode(child)) visit(child, inside, enter);
  }
}
