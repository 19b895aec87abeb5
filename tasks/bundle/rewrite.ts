/** Rewrites parts of a program, also parts that lie in each other, and walks through its syntax. */
import type { AnyNode } from "acorn";

/** A place in a program, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Gives the code of a place, with the edits inside it made. */
export type WriteInside = (span: Span) => string;

/** What the code of a place becomes. A place without length stands for what is put before it. */
export interface Edit extends Span {
  readonly write: (inside: WriteInside) => string;
}

/**
 * Makes edits. Of two whose places are the same, only the first is made.
 *
 * @param edits In any order; two may lie in each other, but not overlap otherwise.
 */
export function rewrite(code: string, edits: readonly Edit[]): string {
  const sorted = edits.toSorted((a, b) => a.start - b.start || rank(a) - rank(b));
  return written(code, sorted, { start: 0, end: code.length });
}

/** Of the edits that begin at one place, the lowest comes first: insertions, then the outer ones. */
function rank({ start, end }: Span): number {
  return start === end ? -Infinity : -end;
}

/** @param edits In the order of their places; those before this one are left out. */
function written(code: string, edits: readonly Edit[], { start, end }: Span): string {
  let [text, next] = ["", start];
  for (const [index, edit] of edits.entries()) {
    if (edit.start > end) break;
    if (edit.start < next || edit.end > end) continue;
    const inside = edits.slice(index + 1);
    text += code.slice(next, edit.start) + edit.write((span) => written(code, inside, span));
    next = edit.end;
  }
  return text + code.slice(next, end);
}

/** Goes through all nodes, each with those that it lies in, the nearest first. */
export function visitAll(
  node: AnyNode,
  take: (node: AnyNode, outer: readonly AnyNode[]) => void,
  outer: readonly AnyNode[] = [],
): void {
  take(node, outer);
  for (const child of childrenOf(node)) visitAll(child, take, [node, ...outer.slice(0, 1)]);
}

/** Says whether a node is of a kind, or holds one. @param isLeft Says which nodes are left out. */
export function holds(
  node: AnyNode,
  isWanted: (node: AnyNode) => boolean,
  isLeft: (node: AnyNode) => boolean = () => false,
): boolean {
  return isWanted(node) ||
    childrenOf(node).some((child) => !isLeft(child) && holds(child, isWanted, isLeft));
}

function childrenOf(node: AnyNode): readonly AnyNode[] {
  return Object.values(node).flat().filter(isNode);
}

/** Says whether a field of a node holds another node. */
export function isNode(value: unknown): value is AnyNode {
  return value instanceof Object && "type" in value && typeof value.type === "string";
}
