/**
 * The YAML library, which keeps comments; loaded only where a file is changed, or holds more than
 * `plain_yaml.ts` reads. It is a part of the browser's build of `npm:yaml`, which `deno task vendor`
 * puts into one file.
 */
// @ts-types="npm:yaml@2.9.1"
import { type Document, type ParsedNode, parseDocument, type YAMLMap } from "yaml-browser";

// @ts-types="npm:yaml@2.9.1"
export { isAlias, isMap, isNode, isScalar, isSeq } from "yaml-browser";

export type { YAMLMap };

/** A text that was read. */
export type ParsedYaml = Document.Parsed<ParsedNode>;

/** Reads a text, each scalar as it was typed; the document says what is wrong with it. */
export function parseYaml(
  text: string,
  options: { readonly uniqueKeys?: boolean } = {},
): ParsedYaml {
  return parseDocument(text, { schema: "failsafe", keepSourceTokens: true, ...options });
}
