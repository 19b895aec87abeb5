/** What the commands of `config` print as JSON: `schemas/config.v1.json`. */

/** A setting with its value and its origin, for `config view`. */
export interface ShownSetting {
  readonly key: string;
  /** Secrets are masked. `null`: not set. */
  readonly value: string | readonly string[] | null;
  /** What holds it; `null`: it is the default. */
  readonly from: string | null;
}

/** What a command of `config` has to say. */
export interface ConfigResult {
  /** `null`: no variable says where it is. */
  readonly path: string | null;
  readonly exists: boolean;
  readonly key?: string;
  readonly value?: string | readonly string[] | null;
  /** Of `set` and `unset`. */
  readonly changed?: boolean;
  /** Of `init`: the file that the settings were taken from. */
  readonly takenFrom?: string | null;
  /** Of `view`. */
  readonly settings?: readonly ShownSetting[];
}

/** Makes the document. */
export function configDocument(result: ConfigResult): unknown {
  return {
    schema_version: 1,
    path: result.path,
    exists: result.exists,
    key: result.key ?? null,
    value: result.value ?? null,
    changed: result.changed ?? null,
    taken_from: result.takenFrom ?? null,
    settings: result.settings ?? null,
    error: null,
  };
}
