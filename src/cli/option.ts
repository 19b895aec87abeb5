/**
 * Options as tables: one entry holds everything about an option. The parser, the help, Tab
 * completion and the generated pages all use it.
 */
import { choiceReader, readSwitch } from "./values.ts";

/** What Tab completion offers for a value that is not one of a few words. */
export type ValueKind =
  | "file"
  | "directory"
  | "generation"
  | "server"
  | "server-or-any"
  | "config-key"
  | "model"
  | "lora"
  | "vae"
  | "preset"
  | "sampler"
  | "scheduler"
  | "parameter"
  | "parameter-name";

/** An option. `T`: the type of its value. */
export interface Option<T> {
  /** `switch`: takes no value. `value`: the last one wins. `list`: collects all that are given. */
  readonly kind: "switch" | "value" | "list";
  /** What it is for, in one line of the help, without its default and its choices. */
  readonly brief: string;
  /** Its short name: `f` for `-f`. */
  readonly letter?: string;
  /** The name of its value in the help: `FILE`. */
  readonly placeholder?: string;
  /** Names that people try for it: never accepted, only answered with its name. */
  readonly alsoCalled?: readonly string[];
  /** What happens without it, for the help. */
  readonly default?: string;
  /** What it says where no value follows, which is then allowed; its placeholder is in brackets. */
  readonly bare?: string;
  /** All its values, if there are only these. */
  readonly choices?: readonly string[];
  /** All words that its value may hold, with commas between them. */
  readonly parts?: readonly string[];
  /** What else its value names. @default {by its placeholder: FILE and DIR are on this machine} */
  readonly completes?: ValueKind;
  /** Its value is never shown. */
  readonly isSecret?: boolean;
  /** Why it is useless for a command. It is then refused, and left out of the command's help. */
  readonly refused?: string;
  /**
   * Reads a value as it was typed.
   *
   * @param before Its value so far, if the option is given again.
   * @throws {InvalidValueError} If it makes no sense.
   */
  read(text: string, before: T | undefined): T;
}

/** An option for each field of a command's options. `apiUrl` is written `--api-url`. */
export type OptionTable<Options> = {
  readonly [Name in keyof Options]-?: Option<NonNullable<Options[Name]>>;
};

/** Any option, for code that only shows or writes it. */
export type AnyOption = Option<unknown>;

type Described<T> = Omit<Option<T>, "kind" | "read">;

/** Makes an option without a value. */
export function switchOption(option: Described<boolean>): Option<boolean> {
  return { ...option, kind: "switch", read: readSwitch };
}

/** Makes an option with a value. */
export function valueOption<T>(
  option: Described<T> & { readonly placeholder: string; read(text: string): T },
): Option<T> {
  return { ...option, kind: "value" };
}

/** Makes an option with one of several words as its value. */
export function choiceOption<const T extends string>(
  option: Described<T> & { readonly placeholder: string; readonly choices: readonly T[] },
): Option<T> {
  return { ...option, kind: "value", read: choiceReader(option.choices) };
}

/** Makes an option that may be given several times. */
export function listOption<T>(
  { read, ...option }: Described<T> & { readonly placeholder: string; read(text: string): T },
): Option<readonly T[]> {
  return { ...option, kind: "list", read: (text, before = []) => [...before, read(text)] };
}

/** An option as people write it: `apiUrl` → `--api-url`. */
export function writeOption(name: string): string {
  return `--${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
}
