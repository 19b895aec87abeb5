import { UsageError } from "../../errors.ts";
import { suggest } from "../suggest.ts";
import { listOf, quote } from "../values.ts";
import type { ConfigMap, FoundConfig } from "./config_file.ts";

const NOTHING: ConfigMap = new Map();

/** A section of a configuration file, or the whole file; errors name the place in it. */
export class ConfigSection {
  readonly file: FoundConfig;
  readonly values: ConfigMap;
  /** Its name with a dot at its end; empty: the whole file. */
  readonly #before: string;

  constructor(file: FoundConfig, { values = file.values, before = "" } = {}) {
    this.file = file;
    this.values = values;
    this.#before = before;
  }

  /** Where a name is, in words. */
  placeOf(key: string): string {
    return `${this.#before}${key} in ${this.file.path}`;
  }

  /**
   * The text of a name; `undefined`: there is none, or it is empty.
   *
   * @throws {UsageError} If there is something else.
   */
  text(key: string): string | undefined {
    const value = this.values.get(key);
    if (value === undefined || value === "") return undefined;
    if (typeof value === "string") return value;
    throw new UsageError(`Cannot use ${this.placeOf(key)}: expected one value`);
  }

  /**
   * The section with a name; it is empty if there is none.
   *
   * @throws {UsageError} If there is something else.
   */
  section(key: string): ConfigSection {
    const value = this.values.get(key) ?? "";
    const isMap = value instanceof Map;
    if (!isMap && value !== "") {
      throw new UsageError(
        `Cannot use ${this.placeOf(key)}: expected settings below it, each \`name: value\``,
      );
    }
    const values = isMap ? value : NOTHING;
    return new ConfigSection(this.file, { values, before: `${this.#before}${key}.` });
  }

  /** @throws {UsageError} If it contains an unknown name. */
  checkKeys(known: readonly string[]): void {
    for (const key of this.values.keys()) {
      if (known.includes(key)) continue;
      const near = suggest(key, known).map((each) => this.#before + each);
      const hint = near.length > 0 ? ` (did you mean ${listOf(near)}?)` : "";
      throw new UsageError(
        `Cannot use ${
          quote(this.#before + key)
        } in ${this.file.path}: there is no such setting${hint}`,
      );
    }
  }
}
