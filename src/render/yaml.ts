import { stringify } from "@std/yaml";

/** Writes a document as YAML. Loads a library: import this module only where YAML is wanted. */
export function renderYaml(document: unknown): string {
  return stringify(document, { lineWidth: -1, skipInvalid: true });
}
