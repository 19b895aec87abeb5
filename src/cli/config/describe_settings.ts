/** Where settings came from, one line each; for `--verbose`. */
import { PROGRAM } from "../command.ts";
import type { Setting } from "../setting.ts";
import type { Settings } from "../setting_layers.ts";
import type { ConfigAdds } from "./consult_config.ts";
import { keyOf } from "./setting_keys.ts";

/**
 * Makes the lines: which file was read, and where each setting comes from that is not the default.
 */
export function describeSettings(settings: Settings, adds: ConfigAdds): readonly string[] {
  const set = Object.entries<Setting<unknown>>({ ...settings })
    .filter(([, { place }]) => place !== null)
    .map(([name, { place }]) => `${keyOf(name.replace(/Ms$/, ""))} by ${shortPlace(place, adds)}`);
  const defaults = Object.keys(adds.defaults).map(keyOf);
  return [
    ...adds.unread,
    ...adds.file === null ? [] : [`Settings are read from ${adds.file.path}`],
    ...set.length === 0 ? [] : [`Settings: ${set.join(", ")}`],
    ...defaults.length === 0 ? [] : [
      `Options of the configuration file: ${defaults.join(", ")} (what ${PROGRAM} is given wins)`,
    ],
  ];
}

/** Without the name of the file, which was printed before. */
function shortPlace(place: string | null, { file }: ConfigAdds): string {
  return (place ?? "").replace(` in ${file?.path}`, " in the configuration file");
}
