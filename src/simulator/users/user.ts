/** A preset as GetMyUserData lists it (`swarmui-protocol.md §20.9`). */

/** A user: its permissions, and what the server keeps about it. */
export interface Preset {
  readonly author: string;
  readonly title: string;
  readonly description: string;
  readonly preview_image: string;
  readonly is_starred: boolean;
  /** The parameters, as text; `{value}` stands for what the request has. */
  readonly param_map: Readonly<Record<string, string>>;
}

const FIRST_REQUEST_ID = 1_001;

/** A user. */
export class User {
  readonly name: string;
  /** By title in lower case: SwarmUI does not look at the case. */
  readonly presets = new Map<string, Preset>();
  /** Epoch milliseconds of the last call. */
  lastActiveMs = 0;
  /** Its present permissions; changes are valid at once for all its sessions. */
  rights: readonly string[];
  #nextRequestId = FIRST_REQUEST_ID;
  #minute = "";
  #requestsInMinute = 0;

  constructor(name: string, rights: readonly string[]) {
    this.name = name;
    this.rights = rights;
  }

  /** Says whether it has a permission; `*` among them means all. */
  may(right: string): boolean {
    return this.rights.includes("*") || this.rights.includes(right);
  }

  /** The id of its next request: 1001, 1002, … */
  nextRequestId(): string {
    return String(this.#nextRequestId++);
  }

  /** Counts its requests within a minute; the number is a part of picture names (§3.4). */
  nextNumberInMinute(minute: string): number {
    this.#requestsInMinute = minute === this.#minute ? this.#requestsInMinute + 1 : 1;
    this.#minute = minute;
    return this.#requestsInMinute;
  }
}
