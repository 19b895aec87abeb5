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
