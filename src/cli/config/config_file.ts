/** What the command line gets of a configuration file; read by an adapter. */

/** A value of the file: every scalar is the text that was typed. */
export type ConfigNode = string | readonly ConfigNode[] | ConfigMap;

/** Names and what they hold. */
export interface ConfigMap extends ReadonlyMap<string, ConfigNode> {}

/** A configuration file that was read. */
export interface FoundConfig {
  readonly path: string;
  /**
   * `named`: by `--config` or its variable. `own`: in its usual place. `original`: that of the tool that
   * this one follows.
   */
  readonly kind: "named" | "own" | "original";
  readonly values: ConfigMap;
  /** A path as the file means it: relative to its own directory, `~/` being the home. */
  resolve(path: string): string;
}

/** What looking for the file came to. */
export interface ConfigSearch {
  /** `null`: there is none, or none that may be read. */
  readonly found: FoundConfig | null;
  /** Why a file was not looked at, one line each, for those who ask. */
  readonly unread: readonly string[];
}
