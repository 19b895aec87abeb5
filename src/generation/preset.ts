/** A preset of the server's user: parameters under a title. All texts are foreign. */
export interface Preset {
  readonly title: string;
  readonly description: string;
  readonly author: string | null;
  /** Values by the server's ids; the `{value}` in one stands for what a request says itself. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Whether the user marked it as one of the best. */
  readonly isStarred: boolean;
}
