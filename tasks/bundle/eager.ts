/**
 * Makes V8 compile functions before they are called. V8 compiles most functions when they are first
 * called, and Deno's code cache holds only what was compiled before the program first waited. So
 * each start would compile again what `status` calls after its first answer. But V8 compiles a
 * function in parentheses together with its surroundings (https://v8.dev/blog/preparser#pife), and
 * then it is in the cache.
 */
import { type AnyNode, type Function as FunctionNode, parse } from "acorn";

/** A function's place in a program, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Edit {
  readonly at: number;
  readonly text: string;
}

/**
 * Rewrites a module so that some of its functions are compiled at once: function expressions get
 * parentheses, and declarations at the top level become variables at its beginning, where they are
 * ready as early as before. Methods, and declarations inside functions, stay as they are.
 *
 * @param code A module in one file.
 * @param called What to compile at once; anything but functions is left out.
 * @throws {SyntaxError} If it is not a module.
 */
export function compileEagerly(code: string, called: readonly Span[]): string {
  const isCalled = new Set(called.map(({ start, end }) => `${start}:${end}`));
  const edits: Edit[] = [];
  const hoisted: FunctionNode[] = [];
  visit(parse(code, { ecmaVersion: "latest", sourceType: "module" }), (node, parent) => {
    if (!isCalled.has(`${node.start}:${node.end}`)) return;
    if (node.type === "FunctionDeclaration") {
      if (parent?.type === "Program") hoisted.push(node);
    } else if (isExpression(node, parent)) {
      edits.push({ at: node.start, text: "(" }, { at: node.end, text: ")" });
    }
  });
  // At the same place one function ends before the next begins.
  edits.sort((a, b) => a.at - b.at || (a.text === b.text ? 0 : a.text === ")" ? -1 : 1));
  let [head, body, next] = ["", "", 0];
  for (const node of hoisted) {
    body += edited(code, edits, { start: next, end: node.start });
    head += variableOf(node, edited(code, edits, { start: node.id?.end ?? 0, end: node.end }));
    next = node.end;
  }
  return `${head}\n${body}${edited(code, edits, { start: next, end: code.length })}`;
}

/** Says whether a node is a function that can be put in parentheses: not the value of a method. */
function isExpression(node: AnyNode, parent: AnyNode | null): boolean {
  if (node.type === "ArrowFunctionExpression") return parent?.type !== "ExpressionStatement";
  if (node.type !== "FunctionExpression") return false;
  const isMethod = parent?.type === "MethodDefinition" ||
    (parent?.type === "Property" && (parent.method || parent.kind !== "init"));
  return !isMethod;
}

/** @param rest The function from its parameters on. */
function variableOf({ id, async, generator }: FunctionNode, rest: string): string {
  return `var ${id?.name}=(${async ? "async " : ""}function${generator ? "*" : ""}${rest});`;
}

/** A part of the code with the insertions. */
function edited(code: string, edits: readonly Edit[], { start, end }: Span): string {
  let [text, next] = ["", start];
  for (const edit of edits) {
    if (edit.at < start || edit.at > end) continue;
    text += code.slice(next, edit.at) + edit.text;
    next = edit.at;
  }
  return text + code.slice(next, end);
}

function visit(
  node: AnyNode,
  take: (node: AnyNode, parent: AnyNode | null) => void,
  parent: AnyNode | null = null,
): void {
  take(node, parent);
  for (const child of Object.values(node).flat()) {
    if (isNode(child)) visit(child, take, node);
  }
}

function isNode(value: unknown): value is AnyNode {
  return value instanceof Object && "type" in value && typeof value.type === "string";
}
