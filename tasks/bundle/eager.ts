/**
 * Makes V8 compile functions before they are called. V8 compiles most functions when they are first
 * called, and Deno's code cache holds only what was compiled together with its module. So each start
 * would compile again what `status` calls. But V8 compiles `function` after a parenthesis together
 * with its surroundings (https://v8.dev/blog/preparser#pife), and then it is in the cache: a function
 * of 150 bytes takes 19,000 instructions instead of 105,000, and 15,000 if nobody calls it (measured
 * with Deno 2.9.6). Methods and asynchronous arrow functions cannot be marked like this, so they are
 * written in another way.
 */
import { type AnyNode, type MethodDefinition, parse, type Property } from "acorn";
import { type Edit, holds, rewrite, type Span, visitAll, type WriteInside } from "./rewrite.ts";

type FunctionNode = Extract<
  AnyNode,
  { type: "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression" }
>;

/** Defines a method, or a getter, as a class does it: loops over an object do not find it. */
const DEFINE = "__define";
const DEFINITION = `var ${DEFINE}=(function(type,name,method,isGetter){` +
  "Object.defineProperty(type.prototype,name,{configurable:true,enumerable:false," +
  "...isGetter?{get:method}:{writable:true,value:method}})});\n";

/**
 * Rewrites a module so that some of its functions are compiled at once:
 *
 * - function expressions get parentheses, and asynchronous arrow functions become such;
 * - declarations become variables at the beginning of their function or of the module, where they are
 *   ready as early as before;
 * - methods of classes are defined by static blocks, private ones become fields.
 *
 * Constructors, setters, static methods, and what uses `super` stay as they are.
 *
 * @param code A module in one file.
 * @param called What to compile at once; anything but functions is left out.
 * @throws {SyntaxError} If it is not a module.
 */
export function compileEagerly(code: string, called: readonly Span[]): string {
  const startsByEnd = Map.groupBy(called, ({ end }) => end);
  /** @param from V8 counts the name of a method as a part of it. */
  function wasCalled({ start, end }: Span, from = start): boolean {
    return startsByEnd.get(end)?.some((one) => one.start >= from && one.start <= start) ?? false;
  }
  const program = parse(code, { ecmaVersion: "latest", sourceType: "module" });
  const edits: Edit[] = [];
  const declared = new Map<AnyNode, FunctionNode[]>();
  visitAll(program, (node, [parent, outer]) => {
    if (parent === undefined || !isFunction(node)) return;
    if (isMethod(parent)) {
      if (wasCalled(node, parent.start)) edits.push(...methodEdits(parent, outer, code));
    } else if (!wasCalled(node)) {
      return;
    } else if (node.type !== "FunctionDeclaration") {
      edits.push(expressionEdit(node, code));
    } else if (parent === program || (outer !== undefined && isFunction(outer))) {
      edits.push({ start: node.start, end: node.end, write: () => "" });
      declared.set(parent, [...declared.get(parent) ?? [], node]);
    }
  });
  for (const [place, functions] of declared) {
    const start = place === program ? 0 : place.start + 1;
    edits.push({
      start,
      end: start,
      write: (inside) => functions.map((one) => variableOf(one, inside)).join(""),
    });
  }
  const text = rewrite(code, edits);
  return text.includes(`${DEFINE}(`) ? DEFINITION + text : text;
}

/** A declared function as a variable. */
function variableOf(node: FunctionNode, inside: WriteInside): string {
  const { id = null, end } = node;
  return id === null ? "" : `var ${id.name}=(${headOf(node)}${inside({ start: id.end, end })});`;
}

function headOf({ async, generator }: FunctionNode): string {
  return `${async ? "async " : ""}function${generator ? "*" : ""}`;
}

function expressionEdit(node: FunctionNode, code: string): Edit {
  const { start, end, params, body } = node;
  const isOwn = node.type === "ArrowFunctionExpression" && node.async && !holds(node, isOfFunction);
  if (!isOwn) return { start, end, write: (inside) => `(${inside({ start, end })})` };
  const arrow = code.lastIndexOf("=>", body.start);
  const bind = holds(node, ({ type }) => type === "ThisExpression", isFunctionOfItsOwn)
    ? ".bind(this)"
    : "";
  return {
    start,
    end,
    write: (inside) => {
      const list = params.map((one) => inside(one)).join();
      const text = inside({ start: arrow + "=>".length, end });
      const block = body.type === "BlockStatement" ? text : `{return ${text}}`;
      return `(async function(${list})${block})${bind}`;
    },
  };
}

/** What means something else in a function than in an arrow function around it. */
function isOfFunction(node: AnyNode): boolean {
  return node.type === "Super" || node.type === "MetaProperty" ||
    (node.type === "Identifier" && node.name === "arguments");
}

function isFunctionOfItsOwn({ type }: AnyNode): boolean {
  return type === "FunctionExpression" || type === "FunctionDeclaration" || type === "ClassBody";
}

/** None if the method must stay as it is. */
function methodEdits(
  method: MethodDefinition | Property,
  outer: AnyNode | undefined,
  code: string,
): readonly Edit[] {
  const { start, end, key, kind, value } = method;
  if (method.computed || !isFunction(value) || holds(value, ({ type }) => type === "Super")) {
    return [];
  }
  const name = code.slice(key.start, key.end);
  const write = writerOf(method, { name, isReadEarly: outer !== undefined && isRead(name, outer) });
  if (write === null || kind === "set") return [];
  const place = { start: value.start, end: value.end };
  return [{ start, end, write: (inside) => write(`(${headOf(value)}${inside(place)})`) }];
}

/** How a method is written with its function; `null`: not at all. */
function writerOf(
  method: MethodDefinition | Property,
  { name, isReadEarly }: { readonly name: string; readonly isReadEarly: boolean },
): ((text: string) => string) | null {
  const { kind } = method;
  if (method.type === "Property") return kind === "init" ? (text) => `${name}:${text}` : null;
  if (kind === "constructor" || method.static) return null;
  if (method.key.type === "PrivateIdentifier") {
    // A field is not there before those above it are.
    if (kind === "get" || isReadEarly) return null;
    return (text) => `${name}=${text};`;
  }
  const quoted = method.key.type === "Identifier" ? `"${name}"` : name;
  const isGetter = kind === "get" ? ",true" : "";
  return (text) => `static{${DEFINE}(this,${quoted},${text}${isGetter})}`;
}

/** Says whether a field of a class uses a private name when it is made. */
function isRead(name: string, body: AnyNode): boolean {
  return body.type === "ClassBody" &&
    body.body.some((one) =>
      one.type === "PropertyDefinition" && one.value !== null && one.value !== undefined &&
      holds(one.value, (node) => node.type === "PrivateIdentifier" && `#${node.name}` === name)
    );
}

function isMethod(node: AnyNode): node is MethodDefinition | Property {
  return node.type === "MethodDefinition" ||
    (node.type === "Property" && (node.method || node.kind !== "init"));
}

function isFunction(node: AnyNode): node is FunctionNode {
  return node.type === "FunctionDeclaration" || node.type === "FunctionExpression" ||
    node.type === "ArrowFunctionExpression";
}
