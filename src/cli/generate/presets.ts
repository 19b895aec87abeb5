/** `--preset`: checks the titles, because the server ignores unknown ones (§20.9). */
import { UsageError } from "../../errors.ts";
import type { Preset } from "../../generation/server/server_parameter.ts";
import { nearestHint, suggest } from "../suggest.ts";
import { quote } from "../values.ts";
import { isShownAs } from "./choose.ts";
import { keyOf } from "./param_option.ts";

/** Stands in a preset for the value in the request. */
const OWN_VALUE = "{value}";

/**
 * Finds presets by their titles, in any case.
 *
 * @throws {UsageError} If there is none; names the closest.
 */
export function findPresets(
  titles: readonly string[],
  known: readonly Preset[],
): readonly Preset[] {
  return titles.map((title) => {
    const found = known.find((preset) => preset.title === title) ??
      known.find((preset) => preset.title.toLowerCase() === title.toLowerCase()) ??
      known.find((preset) => isShownAs(preset.title, title));
    if (found !== undefined) return found;
    const names = known.map((preset) => preset.title);
    throw new UsageError(
      `Cannot use --preset ${quote(title)}: the server has no such preset of yours (${
        nearestHint(suggest(title, names), names)
      })`,
    );
  });
}

/** The value of a parameter in the last of several presets; `undefined`: none has one. */
export function presetValue(presets: readonly Preset[], id: string): string | undefined {
  const values = presets.flatMap(({ parameters }) =>
    Object.entries(parameters).filter(([key]) => keyOf(key) === id).map(([, value]) => value)
  );
  return values.at(-1);
}

/**
 * Which of the user's parameters a preset replaces: on the server, presets are applied last
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
