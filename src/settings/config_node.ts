/**
 * The content of a configuration file: texts, lists and maps. Every scalar is the text that was
 * typed.
 */

/** A value of the file. */
export type ConfigNode = string | readonly ConfigNode[] | ConfigMap;

/** Names and their values. A real map, since `constructor` is a name like any other. */
export interface ConfigMap extends ReadonlyMap<string, ConfigNode> {}

/**
 * What may stand in a file; a person's own is ten times smaller. The library takes a second or two for
 * so many bytes that somebody chose to annoy, and sixteen times as long for four times as many.
 */
export const CONFIG_LIMITS = { bytes: 64 * 1024, nodes: 20_000, depth: 16 };
