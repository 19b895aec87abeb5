/** The port to environment variables. */
export interface Environment {
  /** A variable's value; `undefined` if it is not set or may not be read. Never prompts. */
  get(name: string): string | undefined;
  /** Says whether a variable may be read, set or not. */
  mayRead(name: string): boolean;
}
