/** Where a setting came from. */
export type SettingSource =
  | "option"
  | "environment"
  | "server"
  | "config"
  /** A token that `login` got. */
  | "login"
  | "default";

/** A setting and where it came from. */
export interface Setting<T> {
  readonly value: T;
  readonly source: SettingSource;
  /** What holds it, as messages name it: `--api-url`, `ASSET_GENERATOR_API_URL`; `null`: nothing. */
  readonly place: string | null;
}
