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

/** The port to the configuration file as it is changed; the adapter says what each throws. */
export interface ConfigEditor {
  /** `null`: no variable that may be read says where it is. */
  readonly path: string | null;
  /** Runs work that reads the file and changes it, while no other process does. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** `null`: there is no file. */
  read(): Promise<string | null>;
  /** @returns The text after a change, which is not written; `null`: there is nothing to remove. */
  edit(
    change: { readonly path: readonly string[]; readonly value: string | null },
  ): Promise<string | null>;
  /** Writes it whole, for its owner alone. */
  write(text: string): Promise<void>;
  /** Why others could replace the file, in a few words; `null`: they could not. */
  exposure(): string | null;
}

/** How the file is looked at and changed by its own commands. */
export interface ConfigFiles {
  /** @param named What the user names as the file. */
  editor(named: string | undefined): ConfigEditor;
  /** What a text says. @throws {Error} If it cannot be understood; the message is one line. */
  parse(text: string): Promise<ConfigMap>;
}
