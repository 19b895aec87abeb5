/** `--preset`: titles checked, since the server ignores one that it does not know (§20.9). */
import { UsageError } from "../../errors.ts";
import type { Preset } from "../../generation/preset.ts";
import { nearestHint, suggest } from "../suggest.ts";
import { quote } from "../values.ts";
import { keyOf } from "./param_option.ts";

/** Stands in a preset for what the request itself says. */
const OWN_VALUE = "{value}";

/**
 * Finds presets by their titles; case does not count.
 *
 * @throws {UsageError} If there is none such; names the closest.
 */
export function findPresets(
  titles: readonly string[],
  known: readonly Preset[],
): readonly Preset[] {
  return titles.map((title) => {
    const found = known.find((preset) => preset.title === title) ??
      known.find((preset) => preset.title.toLowerCase() === title.toLowerCase());
    if (found !== undefined) return found;
    const names = known.map((preset) => preset.title);
    throw new UsageError(
      `Cannot use --preset ${quote(title)}: the server has no such preset of yours (${
        nearestHint(suggest(title, names), names)
      })`,
    );
  });
}

/** What the last of several presets says of a parameter; `undefined`: nothing. */
export function presetValue(presets: readonly Preset[], id: string): string | undefined {
  const values = presets.flatMap(({ parameters }) =>
    Object.entries(parameters).filter(([key]) => keyOf(key) === id).map(([, value]) => value)
  );
  return values.at(-1);
}

/**
 * Which of the parameters that the user gave a preset replaces: on the server presets come last
 * (`swarmui-protocol.md §3.1`).
 */
export function replacedBy(
  presets: readonly Preset[],
  given: readonly string[],
): readonly string[] {
  return given.filter((id) => {
    const value = presetValue(presets, id);
    return value !== undefined && !value.includes(OWN_VALUE);
  });
}
