/** What a server offers for requests: its parameters, and the presets of its user. All texts are foreign. */

/** An image parameter (`swarmui-protocol.md §7.4, §20.10`). */
export interface ServerParameter {
  /** Letters only, in lower case: `cfgscale`. */
  readonly id: string;
  /** For people: `CFG Scale`. */
  readonly name: string;
  readonly description: string;
  /**
   * `text`, `integer`, `decimal`, `boolean`, `dropdown`, `list`, `model`, `image`, `image_list`,
   * `audio`, `audio_list`, `video`, `video_list`, or what a newer server has besides.
   */
  readonly type: string;
  /** The server's default; `null` if it does not say. */
  readonly fallback: string | null;
  /** The smallest and the largest value of a number; `null`: no limit. */
  readonly range: { readonly min: number; readonly max: number } | null;
  /**
   * All possible values, as they are sent: the entries of a dropdown or list, the names of models
   * with their file extensions; `null`: not listed, so any value.
   */
  readonly choices: readonly string[] | null;
  readonly examples: readonly string[];
  /** The heading under which the web UI shows it; `null`: none. */
  readonly group: string | null;
  /** What a backend must support for it to have an effect; `null`: nothing special. */
  readonly feature: string | null;
}

/** A preset of the server's user: parameters with a title. All texts are foreign. */
export interface Preset {
  readonly title: string;
  readonly description: string;
  readonly author: string | null;
  /** Values by the server's parameter ids. `{value}` in one stands for the value in the request. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Whether the user marked it as a favourite. */
  readonly isStarred: boolean;
}

/** A list of files in a parameter's type: `image_list`. */
export function isListType(type: string): boolean {
  return type === "list" || type.endsWith("_list");
}

/** The kind of file that a parameter takes; `null`: it takes none. */
export function mediaOf(type: string): "image" | "audio" | "video" | null {
  const [kind] = type.split("_");
  return kind === "image" || kind === "audio" || kind === "video" ? kind : null;
}
